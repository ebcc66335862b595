"""What is done with bank deposits: opened, filled, closed, reopened on request.

What went to accounting stays closed: the export that held one of its payments closed it, and
nothing opens it again.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.payments.domain.accounting import Export
from services.payments.domain.confirming import Confirmation
from services.payments.domain.deposit import (
    BankDeposit,
    Deposited,
    MethodNotDepositable,
    UnknownBankDeposit,
    put_in,
    refuse_others,
)
from services.payments.domain.locks import PaymentIsBankReconciled
from services.payments.domain.payment import Payment, existing
from services.payments.domain.settings import (
    choose_bank_account,
    choose_method,
    needs_of_settings,
)
from services.payments.domain.taking_back import refuse_taken_back, take_out
from shared.decider import Need, Picture, every, one, those
from shared.errors import Refusal
from shared.events import Event
from shared.events.payments import (
    BankDepositClosed,
    BankDepositOpened,
    BankDepositReopened,
    BankDepositReopeningRequested,
)
from shared.money import Money

# ── refused ─────────────────────────────────────────────────────────────────────


class BankDepositIsEmpty(Refusal):
    """There is nothing in the bank deposit to take to the bank."""


class BankDepositIsOpen(Refusal):
    """The bank deposit is open: nobody needs to reopen it."""


class BankDepositIsExported(Refusal):
    """Payments of this bank deposit went to accounting: it stays closed."""


class ChequeNotDue(Refusal):
    """A post-dated cheque is not taken to the bank before its date."""


# ── asked and decided ───────────────────────────────────────────────────────────


def existing_deposit(picture: Picture, name: str) -> BankDeposit:
    """Return a bank deposit; raise UnknownBankDeposit if it is not here."""
    deposit = picture.find(BankDeposit, name)
    if deposit is None:
        raise UnknownBankDeposit(bank_deposit=name)
    return deposit


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDeposit:
    """Open a bank deposit before anything is put in it."""

    bank_deposit: str
    method: str | None
    bank_account: str | None
    currency: str

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the deposit and the settings."""
        return one(BankDeposit, self.bank_deposit), *needs_of_settings(picture.ledger)

    def decide(self, picture: Picture) -> list[Event]:
        """Open once; its method, account and currency are refused any change, always."""
        method = choose_method(picture, self.method)
        account = choose_bank_account(picture, self.bank_account).code
        known = picture.find(BankDeposit, self.bank_deposit)
        if known:
            refuse_others(known, method=method.code, bank_account=account, currency=self.currency)
            return []
        if not method.depositable:
            raise MethodNotDepositable(method=method.code)
        return [
            BankDepositOpened(
                bank_deposit=self.bank_deposit,
                method=method.code,
                bank_account=account,
                currency=self.currency,
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeDeposit:
    """Put a payment in a bank deposit, in another one, or in none."""

    payment_id: UUID
    bank_deposit: str | None
    confirm: Collection[Confirmation]

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the payment, the deposits it leaves and enters, and the settings."""
        payment = one(Payment, self.payment_id)
        yield payment
        yield from needs_of_settings(picture.ledger)
        known = None if picture.missing([payment]) else picture.find(Payment, self.payment_id)
        for name in (known and known.bank_deposit, self.bank_deposit):
            if name:
                yield one(BankDeposit, name)

    def decide(self, picture: Picture) -> list[Event]:
        """Take it out of the one and put it in the other, unless it is there already."""
        payment = existing(picture, self.payment_id)
        if payment.bank_deposit == self.bank_deposit:
            return []
        refuse_taken_back(payment)
        if payment.bank_reconciled:
            raise PaymentIsBankReconciled(payment_id=self.payment_id, number=payment.number)
        facts = take_out(picture, payment)
        if self.bank_deposit:
            deposited = Deposited(
                payment_id=payment.payment_id,
                amount=Money(payment.amount_cents, payment.currency),
                method=payment.method,
                bank_account=payment.bank_account,
            )
            facts += put_in(picture, self.bank_deposit, deposited, self.confirm)
        return facts


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseDeposit:
    """Close a bank deposit: it goes to the bank."""

    bank_deposit: str
    closed_on: date | None
    today: date

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name the deposit and the payments in it."""
        return (
            one(BankDeposit, self.bank_deposit),
            those(Payment, "bank_deposit", self.bank_deposit),
        )

    def decide(self, picture: Picture) -> list[Event]:
        """Close once, with what it holds."""
        deposit = existing_deposit(picture, self.bank_deposit)
        if deposit.state == "closed":
            return []
        if not deposit.payment_count:
            raise BankDepositIsEmpty(bank_deposit=self.bank_deposit)
        on = self.closed_on or self.today
        for payment in picture.where(Payment, "bank_deposit", self.bank_deposit):
            if payment.received_on > on:
                raise ChequeNotDue(number=payment.number, received_on=payment.received_on)
        return [
            BankDepositClosed(
                bank_deposit=self.bank_deposit,
                closed_on=on,
                payment_count=deposit.payment_count,
                total=Money(deposit.total_cents, deposit.currency),
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestReopening:
    """Ask those who may to reopen a closed bank deposit (S2-50)."""

    bank_deposit: str
    reason: str

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name the deposit."""
        return (one(BankDeposit, self.bank_deposit),)

    def decide(self, picture: Picture) -> list[Event]:
        """Ask once for the same reason."""
        deposit = existing_deposit(picture, self.bank_deposit)
        if deposit.state == "open":
            raise BankDepositIsOpen(bank_deposit=self.bank_deposit)
        if deposit.reopening_reason == self.reason:
            return []
        return [BankDepositReopeningRequested(bank_deposit=self.bank_deposit, reason=self.reason)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenDeposit:
    """Open a closed bank deposit again, for a reason."""

    bank_deposit: str
    reason: str

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the deposit, the payments in it, and all exports."""
        return (
            one(BankDeposit, self.bank_deposit),
            those(Payment, "bank_deposit", self.bank_deposit),
            every(Export, picture.ledger),
        )

    def decide(self, picture: Picture) -> list[Event]:
        """Reopen once, unless accounting has it."""
        deposit = existing_deposit(picture, self.bank_deposit)
        if deposit.state == "open":
            return []
        exports = picture.where(Export, "ledger", picture.ledger)
        for payment in picture.where(Payment, "bank_deposit", self.bank_deposit):
            for export in exports:
                if export.holds(payment.position, payment.received_on):
                    raise BankDepositIsExported(
                        bank_deposit=self.bank_deposit, sequence=export.sequence
                    )
        return [BankDepositReopened(bank_deposit=self.bank_deposit, reason=self.reason)]
