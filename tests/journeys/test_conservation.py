"""If these failed, money could be lost or made between two services, and nobody would see it."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from msgspec.structs import replace

from cli.conservation import Verdict, check, read
from cli.conservation.checker import Checker
from shared import contracts
from shared.events import event_class
from shared.events.booking import DifferenceBooked, TransferBooked
from shared.events.closing import DocumentClosed, DocumentReopened
from shared.events.invoicing import (
    CustomerRegistered,
    DocumentValidated,
    InvoiceReopened,
    InvoiceSettled,
)
from shared.events.payments import (
    AccountingExportClosed,
    PaymentRecorded,
    PaymentReturned,
    PaymentReversed,
    RefundRecorded,
)
from shared.events.purchases import PurchaseValidated
from shared.events.reconciliation import (
    AllocationMade,
    AllocationReleased,
    DifferenceDeclared,
    DifferenceWithdrawn,
    ItemsGrouped,
    ItemsMatched,
    ItemsUnmatched,
    PrepaymentFreed,
    PrepaymentHeld,
    WriteOffDeclared,
)
from shared.events.shortfalls import AllocationShortfall
from shared.money import Money
from shared.seal import Context, Entry
from tests.books import PLAIN_HTTP, Books, ok
from tests.journeys.forgeries import FORGERIES

Entries = list[Entry]
PUBLISHED = Path(contracts.__path__[0]) / "events"


@pytest.fixture(scope="module")
def journals(month: Books) -> Entries:
    """Return the entries of all four journals, as anybody with a token can read them."""

    async def work() -> Entries:
        async with httpx.AsyncClient(timeout=60, verify=PLAIN_HTTP) as client:
            found = await read(client, month.stack.urls, month.token, month.ledger)
        assert not found.later
        return found.entries

    return asyncio.run(work())


# ── what is true ────────────────────────────────────────────────────────────────


@pytest.mark.feature("S2-32")
def test_money_is_conserved_at_every_position(month: Books, journals: Entries) -> None:
    verdict = month.prove_conservation()
    assert sum(verdict.entries.values()) == len(journals)
    euros, dollars = verdict.totals["EUR"], verdict.totals["USD"]
    assert (dollars.received, dollars.allocated, dollars.available) == (14316, 14316, 0)
    assert euros.kept == euros.allocated + euros.available
    assert min(verdict.payments, verdict.documents, verdict.matching_codes) > 5


def test_the_totals_are_those_the_services_show(month: Books) -> None:
    verdict = month.prove_conservation()
    roles = ("customer", "supplier", "employee")
    balances = [
        row for role in roles for row in ok(month.get("reconciliation", "/balances", role=role))
    ]
    for currency, totals in verdict.totals.items():
        shown = [row for row in balances if row["currency"] == currency]
        debit, credit = (
            sum(Money.parse(row[side], currency).cents for row in shown)
            for side in ("open_debit", "open_credit")
        )
        owed = totals.outstanding - totals.owing
        assert debit - credit == owed - totals.available - totals.differences
    listed = ok(month.get("payments", "/payments", limit=500))["items"]
    assert len(listed) == verdict.payments


def test_every_fact_that_moves_money_occurs(journals: Entries) -> None:
    moving = {
        PaymentRecorded,
        PaymentReversed,
        PaymentReturned,
        RefundRecorded,
        AccountingExportClosed,
        DocumentValidated,
        PurchaseValidated,
        InvoiceSettled,
        InvoiceReopened,
        AllocationMade,
        AllocationReleased,
        AllocationShortfall,
        ItemsGrouped,
        ItemsMatched,
        ItemsUnmatched,
        PrepaymentHeld,
        PrepaymentFreed,
        WriteOffDeclared,
        DifferenceDeclared,
        DifferenceWithdrawn,
    }
    assert moving <= {type(entry.fact) for entry in journals}


def test_every_fact_that_is_published_is_known() -> None:
    checker = Checker(())
    published = {path.stem for path in PUBLISHED.glob("*.json")}
    assert len(published) > 30
    unknown = [name for name in published if not checker.knows(event_class(name))]
    assert unknown == []


def test_every_beginning_of_a_true_history_is_true(journals: Entries) -> None:
    # An export counts what was booked for reconciliation, as others answer it.
    booked = TransferBooked | DifferenceBooked | AccountingExportClosed
    answers = InvoiceSettled | InvoiceReopened | booked
    given = [
        e for e in journals if e.service != "reconciliation" and not isinstance(e.fact, answers)
    ]
    decided = [e for e in journals if e.service == "reconciliation"]
    for count in range(0, len(decided), 7):
        assert check(renumbered([*given, *decided[:count]])).conserved


def test_services_whose_clocks_differ_make_no_difference(journals: Entries) -> None:
    wrong = {"payments": 3_600, "invoicing": -7_200, "reconciliation": 0, "archive": 0}
    shifted = [
        replace(e, recorded_at=e.recorded_at + timedelta(seconds=wrong[e.service]))
        for e in journals
    ]
    assert check(shifted).conserved


# ── what is forged ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize("how", FORGERIES)
def test_a_forged_fact_is_found(journals: Entries, how: str) -> None:
    forged = FORGERIES[how]
    index = next(
        i for i, e in enumerate(journals) if type(e.fact) is forged.fact and forged.where(e.fact)
    )
    entry = journals[index]
    fact = entry.fact.model_copy(update=forged.change(entry.fact))
    verdict = check([*journals[:index], replace(entry, fact=fact), *journals[index + 1 :]])
    assert verdict.violation
    found = at(journals, verdict)
    if forged.found_in:
        assert isinstance(found.fact, forged.found_in)
    else:
        assert found == entry, verdict.violation


LEFT_OUT = (
    PaymentRecorded,
    PaymentReversed,
    PaymentReturned,
    CustomerRegistered,
    DocumentValidated,
    PurchaseValidated,
    AllocationMade,
    AllocationReleased,
    DocumentClosed,
    DocumentReopened,
    DifferenceDeclared,
    DifferenceWithdrawn,
    ItemsMatched,
    ItemsUnmatched,
    PrepaymentHeld,
    InvoiceSettled,
)


@pytest.mark.parametrize("fact", LEFT_OUT)
def test_an_entry_left_out_is_missed(journals: Entries, fact: type) -> None:
    index = next(i for i, e in enumerate(journals) if type(e.fact) is fact)
    kept = [*journals[:index], *journals[index + 1 :]]
    assert not check(kept).conserved
    closed_up = check(renumbered(kept))
    assert not closed_up.finished, closed_up


REPEATED = (
    *LEFT_OUT,
    RefundRecorded,
    AllocationShortfall,
    WriteOffDeclared,
    AccountingExportClosed,
)


@pytest.mark.parametrize("fact", REPEATED)
def test_an_entry_repeated_is_found(journals: Entries, fact: type) -> None:
    entry = next(e for e in journals if type(e.fact) is fact)
    again = replace(
        entry,
        position=1 + sum(e.service == entry.service for e in journals),
        entry_id=uuid4(),
        recorded_at=max(e.recorded_at for e in journals),
    )
    verdict = check([*journals, again])
    assert verdict.violation
    assert (verdict.violation.service, verdict.violation.position) == (
        again.service,
        again.position,
    )


@pytest.mark.parametrize("fact", [InvoiceSettled, InvoiceReopened, AllocationMade])
@pytest.mark.parametrize("cause", [None, UUID(int=1)])
def test_an_answer_to_nothing_is_found(journals: Entries, fact: type, cause: UUID | None) -> None:
    entry = next(e for e in journals if type(e.fact) is fact and e.context.causation_id is not None)
    context = Context(entry.context.actor, entry.context.correlation_id, cause)
    verdict = check([replace(e, context=context) if e is entry else e for e in journals])
    assert at(journals, verdict) == entry


def test_an_effect_before_its_cause_is_found(journals: Entries) -> None:
    settled = next(e for e in journals if isinstance(e.fact, InvoiceSettled))
    first = next(e for e in journals if e.service == "reconciliation")
    context = Context("service:reconciliation", uuid4(), settled.entry_id)
    verdict = check([replace(e, context=context) if e is first else e for e in journals])
    assert verdict.violation
    assert "comes later" in verdict.violation.sentence


def test_two_entries_that_change_places_are_found(journals: Entries) -> None:
    made = [e for e in journals if isinstance(e.fact, DocumentValidated)][:2]
    swapped = {id(made[0]): made[1].fact, id(made[1]): made[0].fact}
    verdict = check([replace(e, fact=swapped.get(id(e), e.fact)) for e in journals])
    assert at(journals, verdict) == made[0]


def test_another_services_fact_is_found(journals: Entries) -> None:
    entry = next(e for e in journals if e.service == "invoicing")
    money = next(e.fact for e in journals if isinstance(e.fact, PaymentRecorded))
    verdict = check([replace(e, fact=money) if e is entry else e for e in journals])
    assert at(journals, verdict) == entry


def at(journals: Sequence[Entry], verdict: Verdict) -> Entry:
    """Return the entry that a verdict names."""
    found = verdict.violation
    assert found
    return next(e for e in journals if (e.service, e.position) == (found.service, found.position))


def renumbered(entries: Sequence[Entry]) -> Entries:
    """Give entries positions without a hole, as a forger would who left some out."""
    last: dict[str, int] = {}
    closed_up = []
    for entry in sorted(entries, key=lambda e: (e.service, e.position)):
        last[entry.service] = last.get(entry.service, 0) + 1
        closed_up.append(replace(entry, position=last[entry.service]))
    return closed_up
