"""Facts that tests start from: one customer Durand, whose values matter only where named."""

from datetime import date
from typing import Any
from uuid import UUID, uuid5

from shared.events.invoicing import (
    CustomerRegistered,
    DocumentCancelled,
    DocumentDrafted,
    DocumentLine,
    DocumentValidated,
    OrderDocumentValidated,
    VatBreakdown,
)
from shared.events.payments import (
    AppliedTo,
    BankAccountConfigured,
    PaymentRecorded,
    PaymentReturned,
    PaymentReversed,
    RefundRecorded,
)
from shared.events.purchases import PurchaseValidated
from shared.events.reconciliation import (
    AllocationMade,
    AllocationReleased,
    ItemRef,
)
from shared.events.shortfalls import AllocationShortfall
from shared.events.taking_back import RefundReversed
from shared.money import Money

DURAND = UUID(int=0xD0)
MARTIN = UUID(int=0x3A)
TODAY = date(2025, 8, 18)


def named(text: str) -> UUID:
    """Return the id that a test calls by a name."""
    return uuid5(UUID(int=0), text)


def euros(text: str) -> Money:
    """Return an amount in euros."""
    return Money.parse(text, "EUR")


def customer(customer_id: UUID = DURAND, **fields: Any) -> CustomerRegistered:
    """Return the opening of a customer card."""
    known = {
        "code": f"C{customer_id.hex[-4:]}",
        "name": "Durand",
        "kind": "societe",
        "account": "411000",
        "request_sha256": "c" * 64,
    }
    return CustomerRegistered.model_validate({"customer_id": customer_id, **known, **fields})


def document(
    name: str, total: str = "1170.00", *, rates: dict[str, str] | None = None, **fields: Any
) -> DocumentValidated:
    """Return the validation of an invoice; `rates` gives its total per VAT rate, tax included."""
    per_rate = {rate: euros(text) for rate, text in (rates or {"0": total}).items()}
    vat = []
    for rate, gross in per_rate.items():
        tax = gross.cents - round(gross.cents * 10_000 / (10_000 + float(rate) * 100))
        vat.append(VatBreakdown(rate=rate, net=Money(gross.cents - tax), vat=Money(tax)))
    net, tax = sum(v.net.cents for v in vat), sum(v.vat.cents for v in vat)
    known = {
        "document_id": named(name),
        "kind": "invoice",
        "nature": "normal",
        "number": name,
        "series": "invoice",
        "numbering_period": "FA{n}",
        "numbering_count": 1,
        "customer_id": DURAND,
        "issued_on": TODAY,
        "due_on": TODAY,
        "lines": (DocumentLine(label="Prestation", net=Money(net), vat_rate="0"),),
        "vat": tuple(vat),
        "net": Money(net),
        "vat_total": Money(tax),
        "total": Money(net + tax),
        "request_sha256": "d" * 64,
    }
    return DocumentValidated.model_validate(known | fields)


def purchase(
    name: str, total: str = "100.00", *, kind: str = "purchase_invoice", **fields: Any
) -> PurchaseValidated:
    """Return the validation of what we owe; `rates` gives its total per VAT rate."""
    rates = fields.pop("rates", None)
    said = document(name, total, rates=rates).model_dump(exclude={"kind", "nature"})
    known = {**said, "kind": kind, "fiscal_year": 2025, "source_reference": f"their {name}"}
    return PurchaseValidated.model_validate(known | fields)


def order_document(
    name: str, total: str = "100.00", *, kind: str = "order", **fields: Any
) -> OrderDocumentValidated:
    """Return the validation of an order, or of a quote or delivery note."""
    said = document(name, total).model_dump(exclude={"kind", "nature"})
    known = {**said, "kind": kind, "fiscal_year": 2025}
    return OrderDocumentValidated.model_validate(known | fields)


def draft(
    name: str, total: str = "100.00", *, kind: str = "invoice", **fields: Any
) -> DocumentDrafted:
    """Return the drawing up of a draft."""
    said = document(name, total).model_dump()
    known = {key: value for key, value in said.items() if key in DocumentDrafted.model_fields}
    return DocumentDrafted.model_validate(known | {"kind": kind, "fiscal_year": 2025} | fields)


def cancelled(of: DocumentDrafted | OrderDocumentValidated) -> DocumentCancelled:
    """Return the cancellation of a document that is not owed."""
    return DocumentCancelled(
        document_id=of.document_id,
        kind=of.kind,
        customer_id=of.customer_id,
        reason="abandon",
        takes_over=of.takes_over,
        validated=of.total if isinstance(of, OrderDocumentValidated) else None,
    )


def bank_account(code: str = "CIC", **fields: Any) -> BankAccountConfigured:
    """Return the naming of one of our bank accounts."""
    known = {"code": code, "label": code, "account": "51210000", "journal_code": code}
    return BankAccountConfigured.model_validate(known | fields)


def payment(
    name: str, amount: str, applied: dict[str, str] | None = None, **fields: Any
) -> PaymentRecorded:
    """Return the recording of a payment, for documents by name if given."""
    applies_to = tuple(
        AppliedTo(document_id=named(target), document_number=target, amount=euros(part))
        for target, part in (applied or {}).items()
    )
    known = {
        "payment_id": named(name),
        "number": name,
        "numbering_period": "RC{n}",
        "numbering_count": 1,
        "customer_id": DURAND,
        "amount": euros(amount),
        "method": "transfer",
        "bank_account": "CIC",
        "received_on": TODAY,
        "payer_name": "Durand",
        "applies_to": applies_to,
        "request_sha256": "e" * 64,
    }
    return PaymentRecorded.model_validate(known | fields)


def reversal(of: PaymentRecorded, on: date = TODAY) -> PaymentReversed:
    """Return the reversal of a payment."""
    return PaymentReversed(
        payment_id=of.payment_id,
        customer_id=of.customer_id,
        amount=-of.amount,
        reason="saisi deux fois",
        reversed_on=on,
    )


def bounce(of: PaymentRecorded, on: date = TODAY) -> PaymentReturned:
    """Return the bank's return of a payment."""
    return PaymentReturned(
        payment_id=of.payment_id,
        customer_id=of.customer_id,
        amount=-of.amount,
        reason="sans provision",
        returned_on=on,
    )


def refund(name: str, amount: str, **fields: Any) -> RefundRecorded:
    """Return the recording of a refund."""
    known = {
        "refund_id": named(name),
        "number": name,
        "numbering_period": "RB{n}",
        "numbering_count": 1,
        "customer_id": DURAND,
        "amount": -euros(amount),
        "method": "transfer",
        "bank_account": "CIC",
        "refunded_on": TODAY,
        "payee_name": "Durand",
        "request_sha256": "f" * 64,
    }
    return RefundRecorded.model_validate(known | fields)


def refund_reversal(of: RefundRecorded, on: date = TODAY) -> RefundReversed:
    """Return the reversal of a refund."""
    return RefundReversed(
        refund_id=of.refund_id,
        reversal_id=named(f"reversal of {of.number}"),
        customer_id=of.customer_id,
        amount=-of.amount,
        reason="erreur",
        reversed_on=on,
        role=of.role,
    )


def item(kind: str, name: str) -> ItemRef:
    """Return the name of an item."""
    return ItemRef.model_validate({"kind": kind, "id": named(name)})


def allocation(
    name: str, credit: ItemRef, debit: ItemRef, amount: str, **fields: Any
) -> AllocationMade:
    """Return the making of an allocation, as payments and invoicing read it."""
    known = {
        "allocation_id": named(name),
        "customer_id": DURAND,
        "credit": credit,
        "debit": debit,
        "amount": euros(amount),
        "allocated_on": TODAY,
        "origin": "applies_to",
        "group_id": named("group"),
        "credit_open": euros("0"),
        "debit_open": euros("0"),
    }
    return AllocationMade.model_validate(known | fields)


def release(of: AllocationMade, on: date = TODAY) -> AllocationReleased:
    """Return the release of an allocation."""
    shared = {"allocation_id", "customer_id", "credit", "debit", "amount", "origin", "group_id"}
    return AllocationReleased(
        released_on=on,
        reason="erreur",
        credit_open=of.amount,
        debit_open=of.amount,
        vat=of.vat,
        **{name: getattr(of, name) for name in shared},
    )


def shortfall(payment_name: str, target: str, asked: str, allocated: str) -> AllocationShortfall:
    """Return the word that a payment got less than it asked for."""
    return AllocationShortfall(
        payment_id=named(payment_name),
        document_id=named(target),
        asked=euros(asked),
        allocated=euros(allocated),
    )
