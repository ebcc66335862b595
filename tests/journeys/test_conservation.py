"""If these failed, money could be lost or made between two services, and nobody would see it."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from cli.conservation import Verdict, check, read
from deploy.local.stack import Stack
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
from shared.events.reconciliation import (
    AllocationMade,
    AllocationReleased,
    AllocationShortfall,
    ItemsGrouped,
    ItemsMatched,
    ItemsUnmatched,
    WriteOffDeclared,
)
from shared.money import Money
from shared.seal import Context, Entry
from tests.books import Books, ok
from tests.journeys import busy_month

Entries = list[Entry]


@pytest.fixture(scope="module")
def month(stack: Stack) -> Iterator[Books]:
    """Have a busy month, once; nothing here writes after it."""
    with Books(stack, f"busy-{uuid4().hex[:8]}") as books:
        books.open()
        busy_month.happens(books)
        yield books


@pytest.fixture(scope="module")
def journals(month: Books) -> Entries:
    """Return the entries of all four journals, as anybody with a token can read them."""

    async def work() -> Entries:
        async with httpx.AsyncClient(timeout=30) as client:
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
    balances = ok(month.get("reconciliation", "/balances"))
    for currency, totals in verdict.totals.items():
        shown = [row for row in balances if row["currency"] == currency]
        debit, credit = (
            sum(Money.parse(row[side], currency).cents for row in shown)
            for side in ("open_debit", "open_credit")
        )
        assert debit - credit == totals.outstanding - totals.available - totals.differences
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
        InvoiceSettled,
        InvoiceReopened,
        AllocationMade,
        AllocationReleased,
        AllocationShortfall,
        ItemsGrouped,
        ItemsMatched,
        ItemsUnmatched,
        WriteOffDeclared,
    }
    assert moving <= {type(entry.fact) for entry in journals}


def test_every_beginning_of_a_true_history_is_true(journals: Entries) -> None:
    answers = InvoiceSettled | InvoiceReopened
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


@dataclass(frozen=True)
class Forged:
    """One entry whose fact was changed as a forger would, with everything else fitting."""

    fact: type
    change: Callable[[Any], dict[str, Any]]
    where: Callable[[Any], bool] = lambda _fact: True
    found_in: type | None = None  # where it shows first; in the forged entry itself if not given


def more(money: Money, cents: int = 1) -> Money:
    return Money(money.cents + cents, money.currency)


def by_payment(fact: Any) -> bool:
    return bool(fact.origin == "applies_to")


FORGERIES: dict[str, Forged] = {
    # payments
    "a payment of more": Forged(
        PaymentRecorded,
        lambda f: {"amount": more(f.amount)},
        lambda f: f.applies_to,
        AllocationMade,
    ),
    "a payment of less": Forged(
        PaymentRecorded, lambda f: {"amount": more(f.amount, -1)}, lambda f: f.applies_to
    ),
    "a payment in another currency": Forged(
        PaymentRecorded, lambda f: {"amount": Money(f.amount.cents, "USD")}, lambda f: f.applies_to
    ),
    "a payment of nothing": Forged(
        PaymentRecorded, lambda _: {"amount": Money(0, "EUR")}, lambda f: not f.applies_to
    ),
    "another customer's payment": Forged(
        PaymentRecorded, lambda _: {"customer_id": uuid4()}, lambda f: not f.applies_to
    ),
    "a number left out": Forged(
        PaymentRecorded, lambda f: {"numbering_count": f.numbering_count + 1}
    ),
    "a number that is not the count's": Forged(
        PaymentRecorded, lambda f: {"number": f.number + "0"}
    ),
    "a document that does not exist": Forged(
        PaymentRecorded,
        lambda f: {"applies_to": [f.applies_to[0].model_copy(update={"document_id": uuid4()})]},
        lambda f: f.applies_to,
    ),
    "another seal of the document": Forged(
        PaymentRecorded,
        lambda f: {"applies_to": [f.applies_to[0].model_copy(update={"file_sha256": "cd" * 32})]},
        lambda f: f.applies_to,
    ),
    "less taken back than recorded": Forged(PaymentReversed, lambda f: {"amount": more(f.amount)}),
    "a payment returned that is not there": Forged(
        PaymentReturned, lambda _: {"payment_id": uuid4()}
    ),
    "a refund that brings money in": Forged(RefundRecorded, lambda f: {"amount": -f.amount}),
    "a refund of more": Forged(
        RefundRecorded,
        lambda f: {"amount": more(f.amount, -1)},
        lambda f: f.refunds_kind == "document",
        AllocationMade,
    ),
    "an export that leaves out a cent": Forged(
        AccountingExportClosed,
        lambda f: {"debit_total": more(f.debit_total, -1), "credit_total": more(f.debit_total, -1)},
    ),
    "an export that hides what it left out": Forged(
        AccountingExportClosed, lambda _: {"left_out": ()}, lambda f: f.left_out
    ),
    "an export that goes further": Forged(
        AccountingExportClosed, lambda f: {"to_position": f.to_position - 1}
    ),
    "an export out of its chain": Forged(
        AccountingExportClosed,
        lambda _: {"previous_manifest_sha256": "00" * 32},
        lambda f: f.sequence == 2,
    ),
    # invoicing
    "a document of more": Forged(DocumentValidated, lambda f: {"total": more(f.total)}),
    "VAT that does not add up": Forged(
        DocumentValidated, lambda f: {"vat_total": more(f.vat_total)}
    ),
    "lines that don't add up": Forged(DocumentValidated, lambda f: {"lines": f.lines[1:]}),
    "a credit note that was an invoice": Forged(
        DocumentValidated,
        lambda _: {"kind": "credit_note"},
        lambda f: f.kind == "invoice",
        PaymentRecorded,
    ),
    "a document's number given twice": Forged(
        DocumentValidated,
        lambda f: {"numbering_count": f.numbering_count - 1},
        lambda f: f.numbering_count > 1,
    ),
    "an invoice said to be settled": Forged(InvoiceReopened, lambda _: {"document_id": uuid4()}),
    "another outstanding amount": Forged(
        InvoiceReopened, lambda f: {"outstanding": more(f.outstanding)}
    ),
    "another total": Forged(InvoiceSettled, lambda f: {"total": more(f.total)}),
    # reconciliation
    "more allocated": Forged(
        AllocationMade,
        lambda f: {
            "amount": more(f.amount),
            "credit_open": more(f.credit_open, -1),
            "debit_open": more(f.debit_open, -1),
        },
        lambda f: f.debit.kind == "document",
    ),
    "less said to be open on the credit": Forged(
        AllocationMade, lambda f: {"credit_open": more(f.credit_open, -1)}
    ),
    "more said to be open on the debit": Forged(
        AllocationMade, lambda f: {"debit_open": more(f.debit_open)}
    ),
    "a credit from nowhere": Forged(
        AllocationMade,
        lambda f: {"credit": f.credit.model_copy(update={"id": uuid4()})},
        lambda f: f.origin == "matching",
    ),
    "sides mixed up": Forged(
        AllocationMade,
        lambda f: {"credit": f.debit, "debit": f.credit},
        lambda f: f.origin == "manual",
    ),
    "another customer's allocation": Forged(AllocationMade, lambda _: {"customer_id": uuid4()}),
    "VAT moved between rates": Forged(
        AllocationMade,
        lambda f: {
            "vat": [
                f.vat[0].model_copy(update={"amount": more(f.vat[0].amount)}),
                f.vat[1].model_copy(update={"amount": more(f.vat[1].amount, -1)}),
            ]
        },
        lambda f: f.debit.kind == "document" and f.debit_open.cents == 0,
    ),
    "VAT that is not split": Forged(
        AllocationMade, lambda _: {"vat": ()}, lambda f: f.debit.kind == "document"
    ),
    "an allocation nobody asked for": Forged(
        AllocationMade, lambda _: {"origin": "applies_to"}, lambda f: f.origin == "manual"
    ),
    "a reaction said to be by hand": Forged(
        AllocationMade, lambda _: {"origin": "manual"}, by_payment
    ),
    "an allocation in another group": Forged(
        AllocationMade,
        lambda _: {"group_id": uuid4()},
        lambda f: f.origin == "applies_to",
        AllocationMade,
    ),
    "a release of another amount": Forged(
        AllocationReleased, lambda f: {"amount": more(f.amount, -1)}
    ),
    "a release that keeps the VAT": Forged(
        AllocationReleased, lambda _: {"vat": ()}, lambda f: f.vat
    ),
    "a shortfall of more": Forged(AllocationShortfall, lambda f: {"asked": more(f.asked)}),
    "a shortfall of nothing": Forged(AllocationShortfall, lambda f: {"allocated": f.asked}),
    "a group without one of its items": Forged(ItemsMatched, lambda f: {"items": f.items[1:]}),
    "a code that was given": Forged(
        ItemsMatched, lambda _: {"matching_code": "AA"}, lambda f: f.matching_code != "AA"
    ),
    "a code left out": Forged(ItemsMatched, lambda _: {"matching_code": "QQ"}),
    "another code withdrawn": Forged(ItemsUnmatched, lambda _: {"matching_code": "QQ"}),
    "items from a group they are not in": Forged(
        ItemsGrouped, lambda _: {"from_group_id": uuid4()}
    ),
    "a difference on the other side": Forged(
        WriteOffDeclared,
        lambda _: {"side": "debit"},
        lambda f: f.side == "credit",
        AllocationMade,
    ),
    "a difference of more": Forged(
        WriteOffDeclared, lambda f: {"amount": more(f.amount)}, found_in=AllocationMade
    ),
}


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
    AllocationMade,
    AllocationReleased,
    ItemsMatched,
    ItemsUnmatched,
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
