"""Payments (encaissements): recorded once, reversed or returned, never edited.

Money that came in is recorded whatever the state of the documents; what the payer says
it pays (`applies_to`) is refused at once where our own tables show it to be impossible.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import msgspec
from msgspec.structs import replace

from services.payments.domain.amounts import Wish, amount_received, parts_applied
from services.payments.domain.numbers import next_number, number_needs
from services.payments.domain.payable import KnownCustomer, PayableDocument, payable
from services.payments.domain.settings import (
    PaymentMethod,
    choose_bank_account,
    choose_method,
    needs_of_settings,
    policy,
)
from shared.decider import Need, Picture, Row, one
from shared.errors import NotFound, Refusal
from shared.events import Event
from shared.events.payments import AppliedTo, PaymentRecorded
from shared.money import Money

_CHEQUE = "20"  # UNTDID 4461: only a cheque may bear a later date than today (K3)

# ── remembered ──────────────────────────────────────────────────────────────────


class Payment(Row, frozen=True):
    """A payment as recorded, and what became of it; amounts in cents."""

    key = "payment_id"

    payment_id: UUID
    number: str
    customer_id: UUID
    amount_cents: int
    currency: str
    method: str
    bank_account: str
    received_on: date
    payer_name: str
    reference: str | None
    customer_bank: str | None
    note: str | None
    applies_to: tuple[dict[str, str | None], ...]
    replaces: UUID | None
    state: str  # recorded, reversed, returned
    taken_back_on: date | None
    taken_back_reason: str | None
    allocated_cents: int
    bank_reconciled: bool
    recorded_at: datetime
    request_sha256: str
    position: int


# ── refused ─────────────────────────────────────────────────────────────────────


class PaymentIdTaken(Refusal):
    """This identifier already names a different payment."""


class UnknownPayment(NotFound):
    """No payment has this identifier in this ledger."""


class CustomerMissing(Refusal):
    """A payment names its customer, or a document from which the customer follows."""

    status = 422


class UnknownCustomer(Refusal):
    """No customer has this identifier here; one just registered may need a moment to arrive."""

    status = 422


class UnknownDocument(Refusal):
    """No document has this identifier here; one just validated may need a moment to arrive."""

    status = 422


class DocumentOfAnotherCustomer(Refusal):
    """The document is another customer's."""

    status = 422


class DocumentNotPayable(Refusal):
    """Only invoices are paid; a credit note is allocated or refunded."""

    status = 422


class CurrencyDiffers(Refusal):
    """A payment and the documents it applies to are in one currency."""

    status = 422


class ReceivedInFuture(Refusal):
    """Only a cheque may bear a date after today."""

    status = 422


class UnknownCustomerBank(Refusal):
    """The customer's bank is not on the ledger's list of banks."""

    status = 422


# ── asked and decided ───────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Applied:
    """A document that the payer says is paid, and for how much; None for as much as fits."""

    document_id: UUID
    amount: Money | None


class RecordPayment(msgspec.Struct, frozen=True, kw_only=True):
    """Record money received; what is left out gets its default.

    `keep_as_credit` confirms that what can't be owed on a document is kept all the same, as
    the customer's credit meant for it (K2, K4). `freed` is what the payment that this one
    replaces gives back per document, in cents.
    """

    payment_id: UUID
    customer_id: UUID | None
    amount: Money | None
    currency: str
    method: str | None
    bank_account: str | None
    received_on: date | None
    payer_name: str | None
    reference: str | None
    customer_bank: str | None
    note: str | None
    applies_to: Sequence[Applied]
    keep_as_credit: bool
    replaces: UUID | None
    request_sha256: str
    today: date
    freed: Mapping[UUID, int] = {}

    @property
    def on(self) -> date:
        """Return the civil date of receipt: today unless given (S2-32)."""
        return self.received_on or self.today

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the payment, the documents, the customer, the settings, then the counter."""
        yield one(Payment, self.payment_id)
        yield from needs_of_settings(picture.ledger)
        for applied in self.applies_to:
            yield (document := one(PayableDocument, applied.document_id))
            if not picture.missing([document]):
                found = picture.find(PayableDocument, applied.document_id)
                if found and found.customer_id:
                    yield one(KnownCustomer, found.customer_id)
        if self.customer_id:
            yield one(KnownCustomer, self.customer_id)
        yield from number_needs(picture, "receipt", self.on)

    def decide(self, picture: Picture) -> list[Event]:
        """Record once; the same request again changes nothing."""
        known = picture.find(Payment, self.payment_id)
        if known:
            if known.request_sha256 != self.request_sha256:
                raise PaymentIdTaken(payment_id=self.payment_id, number=known.number)
            return []
        method = choose_method(picture, self.method)
        account = choose_bank_account(picture, self.bank_account)
        self._check_date(method)
        self._check_customer_bank(picture)
        wishes = [self._wish(picture, applied) for applied in self.applies_to]
        customer = self._customer(picture, [wish.document for wish in wishes])
        amount, applies_to = self._amounts(picture, wishes)
        number = next_number(picture, "receipt", self.on)
        return [
            PaymentRecorded(
                payment_id=self.payment_id,
                number=number.text,
                numbering_period=number.period,
                numbering_count=number.count,
                customer_id=customer.customer_id,
                amount=amount,
                method=method.code,
                bank_account=account.code,
                received_on=self.on,
                payer_name=self.payer_name or customer.name,
                reference=self.reference,
                customer_bank=self.customer_bank,
                note=self.note,
                applies_to=applies_to,
                replaces=self.replaces,
                request_sha256=self.request_sha256,
            )
        ]

    def _check_date(self, method: PaymentMethod) -> None:
        if self.on > self.today and method.untdid_4461 != _CHEQUE:
            raise ReceivedInFuture(received_on=self.on, today=self.today)

    def _check_customer_bank(self, picture: Picture) -> None:
        listed = policy(picture).customer_banks
        if self.customer_bank and listed and self.customer_bank not in listed:
            raise UnknownCustomerBank(customer_bank=self.customer_bank, known=list(listed))

    def _wish(self, picture: Picture, applied: Applied) -> Wish:
        found = payable(picture, applied.document_id)
        if not found.kind and not self.keep_as_credit:
            raise UnknownDocument(document_id=applied.document_id)
        if found.kind not in ("", "invoice") and not self.keep_as_credit:
            raise DocumentNotPayable(document_id=applied.document_id, number=found.number)
        if found.kind and found.currency != self.currency:
            raise CurrencyDiffers(document=found.currency, payment=self.currency)
        freed = self.freed.get(applied.document_id, 0)
        document = replace(found, pending_cents=found.pending_cents - freed)
        return Wish(document, applied.amount)

    def _customer(self, picture: Picture, documents: Sequence[PayableDocument]) -> KnownCustomer:
        owners = (document.customer_id for document in documents if document.customer_id)
        customer_id = self.customer_id or next(owners, None)
        if customer_id is None:
            raise CustomerMissing
        for document in documents:
            if document.customer_id not in (None, customer_id):
                raise DocumentOfAnotherCustomer(document_id=document.document_id)
        customer = picture.find(KnownCustomer, customer_id)
        if customer is None:
            raise UnknownCustomer(customer_id=customer_id)
        return customer

    def _amounts(
        self, picture: Picture, wishes: Sequence[Wish]
    ) -> tuple[Money, tuple[AppliedTo, ...]]:
        as_credit, margin_cents = self.keep_as_credit, policy(picture).margin_cents(self.currency)
        amount = amount_received(self.amount, wishes, currency=self.currency, as_credit=as_credit)
        return amount, parts_applied(amount, wishes, margin_cents=margin_cents, as_credit=as_credit)


def existing(picture: Picture, payment_id: UUID) -> Payment:
    """Return a payment; raise UnknownPayment if it is not here."""
    payment = picture.find(Payment, payment_id)
    if payment is None:
        raise UnknownPayment(payment_id=payment_id)
    return payment
