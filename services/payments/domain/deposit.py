"""Bank deposits (remises en banque): payments of one method that go to one bank account together.

A deposit's method, account and currency are those it was opened with and never change.
Payments are added and taken out while it is open; what is closed stays as it is.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.payments.domain.confirming import OPEN_BANK_DEPOSIT
from services.payments.domain.settings import methods
from shared.decider import Picture, Row
from shared.errors import NotFound, Refusal
from shared.events import Event
from shared.events.payments import BankDepositOpened, PaymentAddedToDeposit
from shared.money import Money

# ── remembered ──────────────────────────────────────────────────────────────────


class BankDeposit(Row, frozen=True):
    """A bank deposit, its sum and count; amounts in cents.

    `used_by` has for each user that put a payment in it the position of the last one.
    """

    key = "bank_deposit"

    bank_deposit: str
    method: str
    bank_account: str
    currency: str
    state: str  # open, closed
    payment_count: int
    total_cents: int
    opened_at: datetime
    closed_on: date | None
    export_id: UUID | None
    reopening_reason: str | None  # why it was asked to be opened again, until it is
    used_by: tuple[dict[str, str | int], ...]


# ── refused ─────────────────────────────────────────────────────────────────────


class UnknownBankDeposit(NotFound):
    """No bank deposit has this name in this ledger."""


class BankDepositNotOpened(Refusal):
    """The bank deposit does not exist: confirm that it is opened, with this method for good."""


class BankDepositOfAnotherMethod(Refusal):
    """The bank deposit exists, but for another payment method, which can't be changed."""


class BankDepositOfAnotherAccount(Refusal):
    """The bank deposit exists, but for another bank account, which can't be changed."""


class BankDepositOfAnotherCurrency(Refusal):
    """The bank deposit exists, but in another currency, which can't be changed."""


class BankDepositIsClosed(Refusal):
    """The bank deposit was closed: have it reopened, or use another."""


class MethodNotDepositable(Refusal):
    """Payments of this method are not put in bank deposits."""

    status = 422


# ── decided ─────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposited:
    """What is put in a deposit: a payment, as far as a deposit looks at it."""

    payment_id: UUID
    amount: Money
    method: str
    bank_account: str


def put_in(
    picture: Picture, name: str, payment: Deposited, confirmed: Collection[str]
) -> list[Event]:
    """Return the facts that put a payment in a deposit, which is opened if that is confirmed."""
    known = methods(picture).get(payment.method)
    if known and not known.depositable:
        raise MethodNotDepositable(method=payment.method)
    facts: list[Event] = []
    deposit = picture.find(BankDeposit, name)
    if deposit is None:
        if OPEN_BANK_DEPOSIT not in confirmed:
            raise BankDepositNotOpened(
                bank_deposit=name,
                method=payment.method,
                bank_account=payment.bank_account,
                confirm=[OPEN_BANK_DEPOSIT],
            )
        facts.append(
            BankDepositOpened(
                bank_deposit=name,
                method=payment.method,
                bank_account=payment.bank_account,
                currency=payment.amount.currency,
            )
        )
    else:
        refuse_others(
            deposit,
            method=payment.method,
            bank_account=payment.bank_account,
            currency=payment.amount.currency,
        )
        refuse_closed(deposit)
    added = PaymentAddedToDeposit(
        payment_id=payment.payment_id, bank_deposit=name, amount=payment.amount
    )
    return [*facts, added]


def refuse_others(deposit: BankDeposit, *, method: str, bank_account: str, currency: str) -> None:
    """Refuse what is not of the deposit's method, account and currency (S2-47, S2-48)."""
    for refusal, fixed, found in (
        (BankDepositOfAnotherMethod, deposit.method, method),
        (BankDepositOfAnotherAccount, deposit.bank_account, bank_account),
        (BankDepositOfAnotherCurrency, deposit.currency, currency),
    ):
        if fixed != found:
            raise refusal(bank_deposit=deposit.bank_deposit, fixed=fixed, found=found)


def refuse_closed(deposit: BankDeposit) -> None:
    """Refuse to change what a closed deposit holds (S2-49)."""
    if deposit.state == "closed":
        raise BankDepositIsClosed(bank_deposit=deposit.bank_deposit, closed_on=deposit.closed_on)
