"""The places where the company holds money, as its books name them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from cli.takeover.accounts import is_treasury
from cli.takeover.items import BankAccount
from shared.fec import Line


def bank_accounts(lines: Iterable[Line]) -> Iterator[BankAccount]:
    """Return the treasury accounts of a file, in the order of their numbers.

    Each has as its code the journal that uses it most; when several accounts would have the
    same, the one used most there gets it and the others are called by their account number.
    """
    uses: defaultdict[str, Counter[str]] = defaultdict(Counter)
    names: dict[str, str] = {}
    for line in lines:
        if is_treasury(line.account):
            uses[line.account][line.journal_code] += 1
            names.setdefault(line.account, line.account_label)
    owners: dict[str, str] = {}
    for account, journals in sorted(uses.items(), key=lambda use: (-max(use[1].values()), use[0])):
        owners.setdefault(journals.most_common(1)[0][0], account)
    codes = {account: code for code, account in owners.items()}
    for account in sorted(uses):
        yield BankAccount(
            account=account, code=codes.get(account, account), name=names[account] or account
        )
