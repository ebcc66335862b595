"""Histories as somebody would forge them: one fact changed, and everything else fitting."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from shared.events.booking import DifferenceBooked, TransferBooked
from shared.events.closing import DocumentClosed, DocumentReopened
from shared.events.invoicing import DocumentValidated, InvoiceReopened, InvoiceSettled
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
from shared.events.transfers import TransferMade
from shared.money import Money


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


def early(fact: Any) -> bool:
    return bool(by_payment(fact) and fact.accepts)


FORGERIES: dict[str, Forged] = {
    # transfers
    "a transfer of more": Forged(
        TransferMade,
        lambda f: {"amount": more(f.amount)},
        lambda f: not f.takes_back,
        AllocationMade,
    ),
    "a transfer to somebody else": Forged(
        TransferMade, lambda f: {"to_customer_id": f.from_customer_id}, lambda f: not f.takes_back
    ),
    "a transfer taken back for less": Forged(
        TransferMade, lambda f: {"amount": more(f.amount, -1)}, lambda f: f.takes_back
    ),
    "a transfer booked for more": Forged(TransferBooked, lambda f: {"amount": more(f.amount)}),
    "a difference booked for more": Forged(
        DifferenceBooked, lambda f: {"amount": more(f.amount)}, lambda f: not f.takes_back
    ),
    "a difference of which more than all is VAT": Forged(
        DifferenceBooked, lambda f: {"vat": more(f.amount)}, lambda f: not f.takes_back
    ),
    "a difference taken back to another account": Forged(
        DifferenceBooked, lambda _f: {"account": "101"}, lambda f: f.takes_back
    ),
    "a link that brings another's credit without a transfer": Forged(
        AllocationMade, lambda _f: {"transfer_id": None}, lambda f: f.carries
    ),
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
        AllocationMade,
    ),
    "a document's number given twice": Forged(
        DocumentValidated,
        lambda f: {"numbering_count": f.numbering_count - 1},
        lambda f: f.numbering_count > 1,
    ),
    "a purchase of more": Forged(PurchaseValidated, lambda f: {"total": more(f.total)}),
    "a purchase from a customer": Forged(
        PurchaseValidated,
        lambda _: {"kind": "expense_note"},
        lambda f: f.kind == "purchase_invoice",
    ),
    "a purchase closed as if it were owed to us": Forged(
        DocumentClosed, lambda _: {"side": "debit"}, lambda f: f.side == "credit"
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
    "a discount said to be by hand": Forged(AllocationMade, lambda _: {"origin": "manual"}, early),
    "a discount of more": Forged(AllocationMade, lambda f: {"amount": more(f.amount)}, early),
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
    "a prepayment of more": Forged(PrepaymentHeld, lambda f: {"amount": more(f.amount)}),
    "a prepayment of another customer": Forged(PrepaymentHeld, lambda _: {"customer_id": uuid4()}),
    "a prepayment for a document nobody drew up": Forged(
        PrepaymentHeld, lambda _: {"document_id": uuid4()}
    ),
    "a prepayment that leaves more": Forged(
        PrepaymentHeld, lambda f: {"credit_available": more(f.credit_available)}
    ),
    "more freed than was held": Forged(PrepaymentFreed, lambda f: {"amount": more(f.amount)}),
    "freed for no invoice": Forged(
        PrepaymentFreed,
        lambda _: {"slides_to": None},
        lambda f: f.slides_to,
        found_in=AllocationMade,
    ),
    "a closing for more": Forged(
        DocumentClosed, lambda f: {"difference": more(f.difference)}, found_in=DifferenceDeclared
    ),
    "a closing for nothing": Forged(DocumentClosed, lambda _: {"difference": Money(0)}),
    "a closing of another document": Forged(DocumentClosed, lambda _: {"document_id": uuid4()}),
    "a closing opened for less": Forged(
        DocumentReopened, lambda f: {"difference": more(f.difference)}
    ),
    "more declared than was asked": Forged(
        DifferenceDeclared, lambda f: {"difference": more(f.difference)}
    ),
    "a difference that nobody asked for": Forged(
        DifferenceDeclared, lambda _: {"payment_id": uuid4()}
    ),
    "a difference that leaves more open": Forged(
        DifferenceDeclared, lambda f: {"open": more(f.open)}
    ),
    "less of a difference withdrawn": Forged(
        DifferenceWithdrawn, lambda f: {"difference": more(f.difference)}
    ),
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
        lambda f: f.side == "credit" and not f.alone,
        AllocationMade,
    ),
    "a difference of more": Forged(
        WriteOffDeclared,
        lambda f: {"amount": more(f.amount)},
        lambda f: not f.alone,
        AllocationMade,
    ),
    "a gain booked as a loss": Forged(
        DifferenceBooked, lambda f: {"amount": -f.amount}, lambda f: f.account == "758"
    ),
}
