"""What facts of payments and invoicing do to reconciliation's rows: customers, and items."""

from datetime import date

from msgspec.structs import replace

from services.reconciliation.declared import PROJECTION
from services.reconciliation.domain.asked import AskedAllocation
from services.reconciliation.domain.customer import KnownCustomer
from services.reconciliation.domain.difference import Difference
from services.reconciliation.domain.item import Item, existing, new_item
from services.reconciliation.domain.waiting_refund import AskedRefund
from services.reconciliation.sales import keep_invoice, needs_of_sale
from shared.decider import Need, Picture, fresh, one
from shared.events.closing import DocumentClosed, DocumentReopened
from shared.events.invoicing import CustomerChanged, CustomerRegistered, DocumentValidated
from shared.events.payments import PaymentRecorded, PaymentReturned, PaymentReversed, RefundRecorded
from shared.events.purchases import PurchaseValidated
from shared.events.taking_back import RefundReversed
from shared.seal import Entry

__all__ = ["PROJECTION"]


def _needs_of_recorded(fact: PaymentRecorded) -> list[Need]:
    asked = (f"{fact.payment_id}/{applied.document_id}" for applied in fact.applies_to)
    return [
        fresh(Item, f"payment/{fact.payment_id}"),
        *(fresh(AskedAllocation, key) for key in asked),
    ]


@PROJECTION.on(PaymentRecorded, _needs_of_recorded)
def credit_payment(picture: Picture, _entry: Entry, fact: PaymentRecorded) -> None:
    """Money received is a credit item; what the payer asks for waits to be decided."""
    item = new_item(
        picture.ledger,
        kind="payment",
        item_id=fact.payment_id,
        side="credit",
        customer_id=fact.customer_id,
        number=fact.number,
        on=fact.received_on,
        amount=fact.amount,
    )
    picture.put(item)
    for rank, applied in enumerate(fact.applies_to):
        picture.put(
            AskedAllocation(
                ledger=picture.ledger,
                asked=f"{fact.payment_id}/{applied.document_id}",
                payment_id=fact.payment_id,
                document_id=applied.document_id,
                rank=rank,
                amount_cents=applied.amount.cents,
                currency=applied.amount.currency,
                decided=False,
                discount_cents=applied.discount.cents if applied.discount else 0,
            )
        )


def _needs_of_taken_back(fact: PaymentReversed | PaymentReturned) -> list[Need]:
    return [
        one(Item, f"payment/{fact.payment_id}"),
        fresh(Item, f"taken_back/{fact.payment_id}"),
    ]


@PROJECTION.on(PaymentReversed, _needs_of_taken_back)
def debit_reversal(picture: Picture, _entry: Entry, fact: PaymentReversed) -> None:
    """A reversal is a debit item equal to its payment."""
    _debit_taken_back(picture, fact, fact.reversed_on)


@PROJECTION.on(PaymentReturned, _needs_of_taken_back)
def debit_return(picture: Picture, _entry: Entry, fact: PaymentReturned) -> None:
    """A returned payment is a debit item equal to it."""
    _debit_taken_back(picture, fact, fact.returned_on)


def _debit_taken_back(picture: Picture, fact: PaymentReversed | PaymentReturned, on: date) -> None:
    payment = existing(picture, f"payment/{fact.payment_id}")
    item = new_item(
        picture.ledger,
        kind="taken_back",
        item_id=fact.payment_id,
        side="debit",
        customer_id=payment.customer_id,
        number=payment.number,
        on=on,
        amount=fact.amount,
    )
    picture.put(item)


def _needs_of_refund(fact: RefundRecorded) -> list[Need]:
    asked = [f"{fact.refund_id}/{p.id}" for p in fact.refunds if p.kind == "document"]
    return [fresh(Item, f"refund/{fact.refund_id}"), *(fresh(AskedRefund, key) for key in asked)]


@PROJECTION.on(RefundRecorded, _needs_of_refund)
def debit_refund(picture: Picture, entry: Entry, fact: RefundRecorded) -> None:
    """Money given back is a debit item; a document that it gives back may be on its way."""
    item = new_item(
        picture.ledger,
        kind="refund",
        item_id=fact.refund_id,
        side="debit",
        customer_id=fact.customer_id,
        number=fact.number,
        on=fact.refunded_on,
        amount=fact.amount,
    )
    picture.put(item)
    for part in fact.refunds:
        if part.kind == "document":
            picture.put(
                AskedRefund(
                    ledger=picture.ledger,
                    asked=f"{fact.refund_id}/{part.id}",
                    refund_id=fact.refund_id,
                    document_id=part.id,
                    amount_cents=part.amount.cents,
                    position=entry.position,
                )
            )


@PROJECTION.on(
    RefundReversed,
    lambda fact: [
        one(Item, f"refund/{fact.refund_id}"),
        fresh(Item, f"taken_back/{fact.reversal_id}"),
    ],
)
def credit_refund_reversal(picture: Picture, _entry: Entry, fact: RefundReversed) -> None:
    """The reversal of a refund is a credit item equal to it."""
    item = new_item(
        picture.ledger,
        kind="taken_back",
        item_id=fact.reversal_id,
        side="credit",
        customer_id=fact.customer_id,
        number=existing(picture, f"refund/{fact.refund_id}").number,
        on=fact.reversed_on,
        amount=fact.amount,
    )
    picture.put(item)


def _closing(fact: DocumentClosed | DocumentReopened) -> str:
    return f"{fact.payment_id}/{fact.document_id}"


@PROJECTION.on(DocumentClosed, lambda fact: [fresh(Difference, _closing(fact))])
def ask_to_declare(picture: Picture, _entry: Entry, fact: DocumentClosed) -> None:
    """What is left of a document that was closed short waits to be declared."""
    picture.put(
        Difference(
            ledger=picture.ledger,
            closing=_closing(fact),
            payment_id=fact.payment_id,
            document_id=fact.document_id,
            customer_id=fact.customer_id,
            asked_cents=fact.difference.cents,
            declared_cents=0,
            currency=fact.difference.currency,
            closed_on=fact.closed_on,
            decided=False,
            reopened_on=None,
            write_off_id=fact.write_off_id,
            account=fact.account,
            reason=fact.reason,
        )
    )


@PROJECTION.on(DocumentReopened, lambda fact: [one(Difference, _closing(fact))])
def stop_asking(picture: Picture, _entry: Entry, fact: DocumentReopened) -> None:
    """Nothing more is declared for what was taken back."""
    asked = picture.find(Difference, _closing(fact))
    if asked:  # nothing was kept of what was closed before differences were declared
        picture.put(replace(asked, reopened_on=fact.reopened_on))


@PROJECTION.on(CustomerRegistered, lambda fact: [fresh(KnownCustomer, fact.customer_id)])
def know_customer(picture: Picture, _entry: Entry, fact: CustomerRegistered) -> None:
    """Know the customer, by code and name, and who pays for it."""
    known = KnownCustomer(
        ledger=picture.ledger,
        customer_id=fact.customer_id,
        code=fact.code,
        name=fact.name,
        parent_id=fact.parent_id,
        role=fact.role,
    )
    picture.put(known)


@PROJECTION.on(CustomerChanged, lambda fact: [one(KnownCustomer, fact.customer_id)])
def rename_customer(picture: Picture, _entry: Entry, fact: CustomerChanged) -> None:
    """Know the customer by the name on the card now, and who pays for it now."""
    if known := picture.find(KnownCustomer, fact.customer_id):
        picture.put(replace(known, name=fact.name, parent_id=fact.parent_id))


def _needs_of_validated(fact: DocumentValidated) -> list[Need]:
    return [fresh(Item, f"document/{fact.document_id}"), *needs_of_sale(fact)]


@PROJECTION.on(DocumentValidated, _needs_of_validated)
def add_document(picture: Picture, entry: Entry, fact: DocumentValidated) -> None:
    """An invoice is a debit item, a credit note a credit item, with its VAT per rate."""
    _add(picture, fact, "debit" if fact.kind == "invoice" else "credit", fact.variant)
    keep_invoice(picture, entry, fact)


@PROJECTION.on(PurchaseValidated, lambda fact: [fresh(Item, f"document/{fact.document_id}")])
def add_purchase(picture: Picture, _entry: Entry, fact: PurchaseValidated) -> None:
    """What we owe is a credit item, with its VAT per rate."""
    _add(picture, fact, "credit", fact.kind)


def _add(
    picture: Picture, fact: DocumentValidated | PurchaseValidated, side: str, variant: str
) -> None:
    item = new_item(
        picture.ledger,
        kind="document",
        item_id=fact.document_id,
        side=side,
        customer_id=fact.customer_id,
        number=fact.number,
        on=fact.issued_on,
        due_on=fact.due_on,
        amount=fact.total,
        vat=tuple(
            {"rate": p.rate, "total_cents": p.net.cents + p.vat.cents, "allocated_cents": 0}
            for p in fact.vat
        ),
        variant=variant,
    )
    picture.put(item)
