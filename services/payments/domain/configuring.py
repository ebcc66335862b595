"""Configuring what money is taken with: methods, our bank accounts, the policy."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from services.payments.domain.settings import (
    POLICY,
    BankAccount,
    PaymentMethod,
    PaymentPolicy,
    PeriodIsLocked,
    methods,
)
from shared.decider import Need, Picture, every, one
from shared.events import Event
from shared.events.payments import (
    BankAccountConfigured,
    PaymentMethodConfigured,
    PaymentPolicyConfigured,
)
from shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigureMethod:
    """Add, rename, activate or deactivate a payment method."""

    code: str
    label: str
    untdid_4461: str
    active: bool
    default: bool
    needs_number: bool
    depositable: bool
    digital: bool

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name all methods: the first configured one replaces the built-in list."""
        return (every(PaymentMethod, picture.ledger),)

    def decide(self, picture: Picture) -> list[Event]:
        """Configure unless it is already so; a ledger's first change keeps the built-in ones."""
        known = methods(picture)
        wanted = PaymentMethodConfigured(
            code=self.code,
            label=self.label,
            untdid_4461=self.untdid_4461,
            active=self.active,
            default=self.default,
            needs_number=self.needs_number,
            depositable=self.depositable,
            digital=self.digital,
        )
        stored = picture.where(PaymentMethod, "ledger", picture.ledger)
        facts: list[Event] = []
        if not stored:
            facts = [_configured(method) for method in known.values() if method.code != self.code]
        if any(_configured(m) == wanted for m in stored):
            return []
        return [*facts, wanted]


def _configured(method: PaymentMethod) -> PaymentMethodConfigured:
    return PaymentMethodConfigured(
        code=method.code,
        label=method.label,
        untdid_4461=method.untdid_4461,
        active=method.active,
        default=method.default,
        needs_number=method.needs_number,
        depositable=method.depositable,
        digital=method.digital,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigureBankAccount:
    """Add, rename, activate or deactivate one of our bank accounts."""

    code: str
    label: str
    account: str
    journal_code: str
    iban: str | None
    active: bool
    default: bool

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name all bank accounts."""
        return (every(BankAccount, picture.ledger),)

    def decide(self, picture: Picture) -> list[Event]:
        """Configure unless it is already so."""
        wanted = BankAccount(
            ledger=picture.ledger,
            code=self.code,
            label=self.label,
            account=self.account,
            journal_code=self.journal_code,
            iban=self.iban,
            active=self.active,
            default=self.default,
        )
        if wanted in picture.where(BankAccount, "ledger", picture.ledger):
            return []
        return [
            BankAccountConfigured(
                code=self.code,
                label=self.label,
                account=self.account,
                journal_code=self.journal_code,
                iban=self.iban,
                active=self.active,
                default=self.default,
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurePolicy:
    """Set the tolerance, the number templates and the customers' banks of a ledger."""

    tolerance: Money
    receipt_template: str
    refund_template: str
    customer_banks: tuple[str, ...]
    over_payable: Literal["refuse", "confirm", "keep"]
    prepayment_method_default: bool
    locked_until: date | None = None
    write_off_account: str | None = None
    write_off_reason: str = "Écart de règlement"
    discount_account: str | None = None
    bank_fee_account: str | None = None
    vat_account: str | None = None
    gain_account: str | None = None

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name the policy."""
        return (one(PaymentPolicy, POLICY),)

    def decide(self, picture: Picture) -> list[Event]:
        """Configure unless it is already so; what is locked stays locked."""
        before = picture.find(PaymentPolicy, POLICY)
        locked = before.locked_until if before else None
        locked_until = self.locked_until or locked
        if locked and locked_until and locked_until < locked:
            raise PeriodIsLocked(on=locked_until, locked_until=locked)
        said: dict[str, Any] = {
            "receipt_template": self.receipt_template,
            "refund_template": self.refund_template,
            "customer_banks": self.customer_banks,
            "over_payable": self.over_payable,
            "prepayment_method_default": self.prepayment_method_default,
            "locked_until": locked_until,
            "write_off_account": self.write_off_account,
            "write_off_reason": self.write_off_reason,
            "discount_account": self.discount_account,
            "bank_fee_account": self.bank_fee_account,
            "vat_account": self.vat_account,
            "gain_account": self.gain_account,
        }
        wanted = PaymentPolicy(
            ledger=picture.ledger,
            name=POLICY,
            tolerance_cents=self.tolerance.cents,
            tolerance_currency=self.tolerance.currency,
            **said,
        )
        if before == wanted:
            return []
        return [PaymentPolicyConfigured(tolerance=self.tolerance, **said)]
