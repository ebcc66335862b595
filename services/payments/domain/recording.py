"""Recording a payment: what is left out gets its default, what can't be is refused at once.

A refusal that somebody may overcome names the confirmation it needs; see `confirming`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec
from msgspec.structs import replace

from services.payments.domain.adjusting import spread
from services.payments.domain.amounts import Limit, Wish, amount_received, parts_applied
from services.payments.domain.applied import Applied
from services.payments.domain.closing import Closer, Closing, closed
from services.payments.domain.confirming import (
    GRANT_DISCOUNT,
    KEEP_AS_CREDIT,
    RECORD_PREPAYMENT,
    Confirmation,
)
from services.payments.domain.deposit import BankDeposit, Deposited, put_in
from services.payments.domain.discount import Discount, DiscountTerms
from services.payments.domain.numbers import next_number, number_needs
from services.payments.domain.payable import KnownCustomer, PayableDocument, payable
from services.payments.domain.payer import who_pays
from services.payments.domain.payment import (
    CurrencyDiffers,
    DocumentNotPayable,
    Payment,
    PaymentIdTaken,
    PrepaymentNotConfirmed,
    ReceivedInFuture,
    UnknownCustomerBank,
    UnknownDocument,
)
from services.payments.domain.settings import (
    CHEQUE,
    MethodMissing,
    PaymentMethod,
    choose_bank_account,
    choose_method,
    methods,
    needs_of_settings,
    policy,
    refuse_locked_day,
    refuse_missing_reference,
)
from shared.decider import Need, Picture, one
from shared.events import Event
from shared.events.payments import AppliedTo, PaymentRecorded
from shared.money import Money


class RecordPayment(msgspec.Struct, frozen=True, kw_only=True):
    """Record money received; what is left out gets its default.

    `confirm` holds what was confirmed: that what can't be owed on a document is kept all the
    same, as the customer's credit meant for it (K2, K4), that money is kept for a document that is
    not owed yet, that more discount is granted than the terms give, or that a deposit is opened.
    `freed` is what the payment that this one replaces gives back per document, in cents.
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
    replaces: UUID | None
    request_sha256: str
    today: date
    bank_deposit: str | None = None
    confirm: Collection[Confirmation] = ()
    freed: Mapping[UUID, int] = {}

    @property
    def confirmed(self) -> Collection[Confirmation]:
        """Return what was confirmed."""
        return self.confirm

    def confirming(self, names: Collection[Confirmation]) -> "RecordPayment":
        """Return the same command with these confirmations and no others."""
        return replace(self, confirm=names)

    @property
    def on(self) -> date:
        """Return the civil date of receipt: today unless given (S2-32)."""
        return self.received_on or self.today

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the payment, the documents, the customer, the settings, then the counter."""
        yield one(Payment, self.payment_id)
        yield from needs_of_settings(picture.ledger)
        for applied in self.applies_to:
            yield from applied.needs(picture, self.payment_id)
        if self.customer_id:
            yield one(KnownCustomer, self.customer_id)
        if self.bank_deposit:
            yield one(BankDeposit, self.bank_deposit)
        yield from number_needs(picture, "receipt", self.on)

    def decide(self, picture: Picture) -> list[Event]:
        """Record once; the same request again changes nothing."""
        if self._is_known(picture):
            return []
        limit = self._limit(picture)
        wishes = self._wishes(picture, limit)
        customer = who_pays(picture, self.customer_id, [wish.document for wish in wishes])
        amount = amount_received(self.amount, wishes, currency=self.currency, limit=limit)
        applies_to = parts_applied(amount, wishes, limit)
        closing = [wish.document for wish in wishes if wish.closes]
        closed = self._closed(picture, closing, applies_to, customer) if closing else []
        if not amount.cents:
            return closed
        recorded = self._recorded(picture, wishes, customer, amount, applies_to)
        return [*self._deposited(picture, recorded), *closed]

    def _is_known(self, picture: Picture) -> bool:
        known: Payment | Closing | None = picture.find(Payment, self.payment_id)
        if known is None and any(applied.closes for applied in self.applies_to):
            known = next(iter(picture.where(Closing, "payment_id", self.payment_id)), None)
        if known and known.request_sha256 != self.request_sha256:
            number = known.number if isinstance(known, Payment) else known.document_number
            raise PaymentIdTaken(payment_id=self.payment_id, number=number)
        return known is not None

    def _limit(self, picture: Picture) -> Limit:
        current = policy(picture)
        margin_cents = current.margin_cents(self.currency)
        if current.over_payable == "refuse":
            return Limit(margin_cents, kept=False, confirm=[])
        kept = current.over_payable == "keep" or KEEP_AS_CREDIT in self.confirm
        return Limit(margin_cents, kept, [KEEP_AS_CREDIT])

    def _recorded(
        self,
        picture: Picture,
        wishes: Sequence[Wish],
        customer: KnownCustomer,
        amount: Money,
        applies_to: tuple[AppliedTo, ...],
    ) -> PaymentRecorded:
        method = self._method(picture, wishes)
        self._check_date(picture, method)
        self._check_customer_bank(picture)
        number = next_number(picture, "receipt", self.on)
        return PaymentRecorded(
            payment_id=self.payment_id,
            number=number.text,
            numbering_period=number.period,
            numbering_count=number.count,
            customer_id=customer.customer_id,
            amount=amount,
            method=method.code,
            bank_account=choose_bank_account(picture, self.bank_account).code,
            received_on=self.on,
            payer_name=self.payer_name or customer.name,
            reference=self.reference,
            customer_bank=self.customer_bank,
            note=self.note,
            applies_to=applies_to,
            replaces=self.replaces,
            request_sha256=self.request_sha256,
        )

    def _method(self, picture: Picture, wishes: Sequence[Wish]) -> PaymentMethod:
        """Return the method; a prepayment's is not chosen silently unless the ledger says so."""
        prepays = any(not wish.document.owed for wish in wishes)
        if not self.method and prepays and not policy(picture).prepayment_method_default:
            raise MethodMissing(known=sorted(methods(picture)))
        method = choose_method(picture, self.method)
        refuse_missing_reference(method, self.reference)
        return method

    def _deposited(self, picture: Picture, recorded: PaymentRecorded) -> list[Event]:
        """Return the payment, and what puts it in its bank deposit."""
        if not self.bank_deposit:
            return [recorded]
        payment = Deposited(
            payment_id=recorded.payment_id,
            amount=recorded.amount,
            method=recorded.method,
            bank_account=recorded.bank_account,
        )
        return [recorded, *put_in(picture, self.bank_deposit, payment, self.confirm)]

    def _closed(
        self,
        picture: Picture,
        closing: Sequence[PayableDocument],
        applies_to: Sequence[AppliedTo],
        customer: KnownCustomer,
    ) -> list[Event]:
        closer = Closer(
            self.payment_id, customer.customer_id, self.currency, self.on, self.request_sha256
        )
        paid = {applied.document_id: applied.settles_cents for applied in applies_to}
        left = [(each, each.room_cents - paid.get(each.document_id, 0)) for each in closing]
        return closed(policy(picture), closer, left)

    def _check_date(self, picture: Picture, method: PaymentMethod) -> None:
        """Refuse a later date than today, which only a cheque may bear (K3), and a locked day."""
        if self.on > self.today and method.untdid_4461 != CHEQUE:
            raise ReceivedInFuture(received_on=self.on, today=self.today)
        refuse_locked_day(picture, self.on)

    def _check_customer_bank(self, picture: Picture) -> None:
        listed = policy(picture).customer_banks
        if self.customer_bank and listed and self.customer_bank not in listed:
            raise UnknownCustomerBank(customer_bank=self.customer_bank, known=list(listed))

    def _wishes(self, picture: Picture, limit: Limit) -> list[Wish]:
        """Return what is meant for each document, with the adjustments that raise its room."""
        wishes = [self._wish(picture, applied, limit) for applied in self.applies_to]
        if not any(wish.document.adjusted_by for wish in wishes):
            return wishes
        named = {str(wish.document.document_id) for wish in wishes}
        adjustments = {
            wish.document.document_id: [
                self._wish(picture, Applied(UUID(adjustment), None), limit)
                for adjustment in wish.document.adjusted_by
                if adjustment not in named
            ]
            for wish in wishes
        }
        return spread(wishes, adjustments, amount=self.amount, currency=self.currency)

    def _wish(self, picture: Picture, applied: Applied, limit: Limit) -> Wish:
        found = payable(picture, applied.document_id)
        kept = KEEP_AS_CREDIT in self.confirm and not (applied.closes or found.purchase)
        if not found.owed and not kept:
            self._refuse_kind(found, applied)
        if found.kind and found.currency != self.currency:
            raise CurrencyDiffers(document=found.currency, payment=self.currency)
        as_credit = limit.kept if found.owed or found.prepayable else kept
        if freed := self.freed.get(applied.document_id):
            found = replace(found, pending_cents=found.pending_cents - freed)
        asked = applied.discount
        discount = self._discount(picture, applied, asked) if asked and asked.cents else None
        return Wish(found, applied.amount, applied.closes, as_credit, discount)

    def _discount(self, picture: Picture, applied: Applied, amount: Money) -> Discount:
        """Return what is asked for, beside what the terms give on the day of receipt."""
        terms = picture.find(DiscountTerms, applied.document_id)
        percent = terms.percent(self.on) if terms else Decimal(0)
        return Discount(amount, percent, self.on, GRANT_DISCOUNT in self.confirm)

    def _refuse_kind(self, found: PayableDocument, applied: Applied) -> None:
        """Refuse to pay what is no invoice; only an invoice can be closed.

        What is not owed yet is prepaid once that is confirmed.
        """
        if found.prepayable and not applied.closes:
            if RECORD_PREPAYMENT not in self.confirm:
                raise PrepaymentNotConfirmed(
                    document_id=found.document_id, number=found.number, confirm=[RECORD_PREPAYMENT]
                )
            return
        confirm = [] if applied.closes or found.purchase else [KEEP_AS_CREDIT]
        facts = {"document_id": found.document_id, "confirm": confirm}
        if not found.kind:
            raise UnknownDocument(**facts)
        raise DocumentNotPayable(number=found.number, **facts)
