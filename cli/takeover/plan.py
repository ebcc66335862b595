"""The plan: everything a file asks us to replay, in order, with the file's own truth beside it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from cli.takeover.accounts import is_customer, is_difference
from cli.takeover.banks import bank_accounts
from cli.takeover.customers import customers_of
from cli.takeover.items import Customer, Plan
from cli.takeover.keys import keys_of
from cli.takeover.leftovers import not_taken_over
from cli.takeover.matchings import Group, groups_of, matchings, whole_groups
from cli.takeover.money import given_back
from cli.takeover.sorting import Sorter, sales_journals
from shared.fec import Fec, Line


def plan(fec: Fec) -> Plan:
    """Say what to replay of a file. The same file gives the same plan, key for key.

    For every customer the items add up to `balances`; `contradictions` proves it.
    """
    lines = [line for line in fec.lines if is_customer(line.account)]
    customers = customers_of(lines)
    concerned = {line.number for line in lines if line.cents}
    entries = [
        entry for entry in fec.entries if any(line.number in concerned for line in entry.lines)
    ]
    sorter = Sorter(
        keys=keys_of(lines), customers=customers, sales_journals=sales_journals(entries)
    )
    for entry in entries:
        sorter.sort(entry)
    groups = groups_of(lines, customers)
    made = replace(
        _sorted(sorter, whole_groups(groups)),
        customers=tuple(dict.fromkeys(customers.values())),
        bank_accounts=tuple(bank_accounts(fec.lines)),
        not_taken_over=tuple(not_taken_over(fec.entries)),
        balances=_balances(lines, customers),
    )
    return _with_matchings(made, groups)


def contradictions(made: Plan) -> dict[str, int]:
    """Return the customers whose items don't add up to the file's balance, and by how much.

    Always empty: it is here to be asserted before anything is sent, since a plan that
    contradicts its file must not be replayed.
    """
    left = dict(made.balances)
    for item in made.items:
        left[item.customer] -= item.effect_cents
    return {customer: cents for customer, cents in left.items() if cents}


def _sorted(sorter: Sorter, groups: Mapping[int, int]) -> Plan:
    """Put what was found in order of date, then of line."""
    found = sorter.found
    refunds, returned = given_back(found.given_back, found.payments, groups)
    adjustments = sorted(found.adjustments, key=lambda item: (item.booked_on, item.key))
    return Plan(
        customers=(),
        bank_accounts=(),
        opening_balances=tuple(
            sorted(found.opening_balances, key=lambda item: (item.booked_on, item.lines))
        ),
        documents=tuple(sorted(found.documents, key=lambda item: (item.booked_on, item.lines))),
        payments=tuple(sorted(found.payments, key=lambda item: (item.received_on, item.lines))),
        refunds=tuple(refunds),
        returned_payments=tuple(returned),
        write_offs=tuple(item for item in adjustments if is_difference(item.account)),
        adjustments=tuple(item for item in adjustments if not is_difference(item.account)),
        matchings=(),
        not_taken_over=(),
        balances={},
    )


def _with_matchings(made: Plan, groups: Iterable[Group]) -> Plan:
    """Add the file's groups, with the keys of the items of their lines."""
    keys: defaultdict[int, list[str]] = defaultdict(list)
    for item in made.items:
        for line in item.lines:
            keys[line].append(item.key)
    return replace(made, matchings=tuple(matchings(groups, keys)))


def _balances(lines: Iterable[Line], customers: Mapping[int, Customer]) -> dict[str, int]:
    """Add up debits less credits per customer, straight from the file."""
    sums: defaultdict[str, int] = defaultdict(int)
    for line in lines:
        sums[customers[line.number].key] += line.cents
    return dict(sums)
