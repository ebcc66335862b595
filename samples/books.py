"""The books of a fictional company: entries are added, groups are matched, lines come out."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from samples.company import ACCOUNTS, JOURNALS, Client
from shared.fec import Line

CUSTOMERS, SUPPLIERS = "411000", "401000"
LETTERS = 26


@dataclass(slots=True)
class Posting:
    """One line of an entry; debit positive. `code` and `matched_on` come with matching."""

    account: str
    cents: int
    label: str = ""
    auxiliary: str = ""
    auxiliary_label: str = ""
    on: date = date.min
    code: str = ""
    matched_on: date | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """An entry as it was added."""

    journal: str
    on: date
    series: str
    """What numbers its voucher: invoices (FA), credit notes (AV), else the journal itself."""
    label: str
    """May hold `{voucher}`, known only once the year is complete."""
    postings: tuple[Posting, ...]


def customer(client: Client, cents: int) -> Posting:
    """Return a line on a customer's account: positive for what they owe."""
    return Posting(CUSTOMERS, cents, auxiliary=client.code, auxiliary_label=client.name)


class Books:
    """The entries of one year, in the order in which they are thought of."""

    def __init__(self) -> None:
        """Open empty books."""
        self.entries: list[Written] = []
        self.groups: list[tuple[Posting, ...]] = []

    def write(
        self, journal: str, on: date, label: str, postings: Iterable[Posting], series: str = ""
    ) -> None:
        """Add an entry, which must balance; its voucher is numbered by series, in order of date."""
        lines = tuple(posting for posting in postings if posting.cents)
        assert sum(posting.cents for posting in lines) == 0, (journal, on, label)
        for posting in lines:
            posting.on = on
        self.entries.append(Written(journal, on, series or f"{journal}-", label, lines))

    def match(self, *postings: Posting) -> None:
        """Mark lines of one customer as settling one another; they must balance."""
        assert sum(posting.cents for posting in postings) == 0, postings
        self.groups.append(postings)

    def lines(self) -> list[Line]:
        """Return the lines of the file: by date, opening first, numbered through."""
        self._letter()
        found: list[Line] = []
        ordered = sorted(self.entries, key=lambda entry: (entry.on, entry.journal != "AN"))
        counts: Counter[str] = Counter()
        for number, entry in enumerate(ordered, 1):
            counts[entry.series] += 1
            voucher = f"{entry.series}{entry.on:%y%m}-{counts[entry.series]:04d}"
            for posting in entry.postings:
                place = len(found) + 2
                found.append(_line(entry, posting, voucher=voucher, number=number, line=place))
        return found

    def _letter(self) -> None:
        """Give each group a code, AA, AB, …, per customer, in the order of their dates."""
        groups = sorted(self.groups, key=lambda group: max(posting.on for posting in group))
        given: defaultdict[str, int] = defaultdict(int)
        for group in groups:
            count = given[group[0].auxiliary]
            given[group[0].auxiliary] += 1
            for posting in group:
                posting.code = chr(65 + count // LETTERS) + chr(65 + count % LETTERS)
                posting.matched_on = max(one.on for one in group)


def _line(entry: Written, posting: Posting, *, voucher: str, number: int, line: int) -> Line:
    """Return one line as the file has it; entries are validated on the 10th of the next month."""
    return Line(
        number=line,
        journal_code=entry.journal,
        journal_label=JOURNALS[entry.journal],
        entry_number=f"{number:06d}",
        booked_on=entry.on,
        account=posting.account,
        account_label=ACCOUNTS[posting.account],
        auxiliary=posting.auxiliary,
        auxiliary_label=posting.auxiliary_label,
        voucher=voucher,
        voucher_on=entry.on,
        label=posting.label or entry.label.format(voucher=voucher),
        debit_cents=max(posting.cents, 0),
        credit_cents=max(-posting.cents, 0),
        matching_code=posting.code,
        matched_on=posting.matched_on,
        validated_on=(entry.on.replace(day=1) + timedelta(days=31)).replace(day=10),
        currency_amount=None,
        currency="",
    )
