"""What a ledger configures for money: methods, our bank accounts, the policy.

A ledger that configured no method uses the built-in ones; it must name at least one
bank account, since nobody else can know it.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from shared.decider import Need, Picture, Row, every, one
from shared.errors import Refusal

# ── remembered ──────────────────────────────────────────────────────────────────


class PaymentMethod(Row, frozen=True):
    """A payment method (mode de règlement); `untdid_4461` is its code in EN 16931, BT-81.

    `needs_number` asks for the number of the cheque, transfer or debit, `depositable` lets it
    be put in bank deposits, and what is `digital` only its source may undo.
    """

    key = "code"

    code: str
    label: str
    untdid_4461: str
    active: bool
    default: bool
    needs_number: bool = False
    depositable: bool = True
    digital: bool = False


class BankAccount(Row, frozen=True):
    """One of our bank accounts or tills, with its account of the chart and its journal."""

    key = "code"

    code: str
    label: str
    account: str
    journal_code: str
    iban: str | None
    active: bool
    default: bool


class PaymentPolicy(Row, frozen=True):
    """How a ledger receives money: tolerance over what is payable, number templates, banks.

    A customer's bank is chosen from `customer_banks`; any name will do where it is empty (S2-53).
    `over_payable` says what becomes of more than the tolerance (K4): refuse, confirm or keep.
    Nothing dated up to `locked_until` is recorded or changed any more (K6).
    """

    key = "name"

    name: str
    tolerance_cents: int
    tolerance_currency: str
    receipt_template: str
    refund_template: str
    customer_banks: tuple[str, ...]
    over_payable: str = "confirm"
    prepayment_method_default: bool = False
    locked_until: date | None = None
    write_off_account: str | None = None  # what closing short books to; None for no entry (K5)
    write_off_reason: str = "Écart de règlement"
    discount_account: str | None = None  # of differences accepted by hand; None for the usual one
    bank_fee_account: str | None = None
    vat_account: str | None = None
    gain_account: str | None = None

    def margin_cents(self, currency: str) -> int:
        """Return how much may be paid over what is left; nothing in another currency."""
        return self.tolerance_cents if currency == self.tolerance_currency else 0


class SettingChange(Row, frozen=True):
    """What somebody said of a setting: `subject` names it, `said` holds the one fact."""

    key = "change"

    change: str  # subject/position
    subject: str  # such as payment-method/cheque
    position: int
    changed_at: datetime
    changed_by: str
    said: tuple[dict[str, Any], ...]


POLICY = "policy"
CHEQUE, _CARD = "20", "48"  # UNTDID 4461
_BUILT_IN = {
    "transfer": ("Virement", "30"),
    "sepa-transfer": ("Virement SEPA", "58"),
    "cheque": ("Chèque", "20"),
    "card": ("Carte bancaire", "48"),
    "direct-debit": ("Prélèvement", "59"),
    "cash": ("Espèces", "10"),
}


def methods(picture: Picture) -> Mapping[str, PaymentMethod]:
    """Return the active methods by code: those configured, or the built-in ones."""
    return picture.derived(PaymentMethod, _methods)


def _methods(picture: Picture) -> Mapping[str, PaymentMethod]:
    found = picture.where(PaymentMethod, "ledger", picture.ledger) or _built_in(picture.ledger)
    return {method.code: method for method in found if method.active}


def is_digital(picture: Picture, code: str) -> bool:
    """Say whether a method is digital, also one that is no longer active."""
    found = picture.where(PaymentMethod, "ledger", picture.ledger) or _built_in(picture.ledger)
    return any(method.code == code and method.digital for method in found)


@lru_cache
def _built_in(ledger: str) -> tuple[PaymentMethod, ...]:
    return tuple(
        PaymentMethod(
            ledger=ledger,
            code=code,
            label=label,
            untdid_4461=untdid,
            active=True,
            default=code == "transfer",
            digital=untdid == _CARD,
        )
        for code, (label, untdid) in _BUILT_IN.items()
    )


def bank_accounts(picture: Picture) -> Mapping[str, BankAccount]:
    """Return the active bank accounts by code."""
    return picture.derived(BankAccount, _bank_accounts)


def _bank_accounts(picture: Picture) -> Mapping[str, BankAccount]:
    found = picture.where(BankAccount, "ledger", picture.ledger)
    return {account.code: account for account in found if account.active}


def policy(picture: Picture) -> PaymentPolicy:
    """Return the ledger's policy; 5.00 of tolerance where it set none (S2-38)."""
    return picture.derived(PaymentPolicy, _policy)


def _policy(picture: Picture) -> PaymentPolicy:
    return picture.find(PaymentPolicy, POLICY) or _usual_policy(picture.ledger)


@lru_cache
def _usual_policy(ledger: str) -> PaymentPolicy:
    return PaymentPolicy(
        ledger=ledger,
        name=POLICY,
        tolerance_cents=500,
        tolerance_currency="EUR",
        receipt_template="RC{yy}{mm}-{n:4}",
        refund_template="RB{yy}{mm}-{n:4}",
        customer_banks=(),
    )


@lru_cache
def needs_of_settings(ledger: str) -> Iterable[Need]:
    """Name what every payment is checked against."""
    return every(PaymentMethod, ledger), every(BankAccount, ledger), one(PaymentPolicy, POLICY)


# ── refused ─────────────────────────────────────────────────────────────────────


class UnknownMethod(Refusal):
    """The payment method is not one of the ledger's active methods."""

    status = 422


class MethodMissing(Refusal):
    """A prepayment names its payment method: this ledger has no default for it (S5-06)."""

    status = 422


class ReferenceMissing(Refusal):
    """This payment method asks for the number of the cheque, transfer or debit."""

    status = 422


class UnknownBankAccount(Refusal):
    """The bank account is not one of the ledger's active bank accounts."""

    status = 422


class PeriodIsLocked(Refusal):
    """The books are locked up to this day: date what you record after it."""


def refuse_locked_day(picture: Picture, on: date) -> None:
    """Refuse to record what is dated in a period that is locked."""
    locked_until = policy(picture).locked_until
    if locked_until and on <= locked_until:
        raise PeriodIsLocked(on=on, locked_until=locked_until)


def choose_method(picture: Picture, asked: str | None) -> PaymentMethod:
    """Return the method asked for, or the default (S1-07, S2-33)."""
    known = methods(picture)
    found = known.get(asked) if asked else next((m for m in known.values() if m.default), None)
    if found is None:
        raise UnknownMethod(method=asked or "none, and no default", known=sorted(known))
    return found


def refuse_missing_reference(method: PaymentMethod, reference: str | None) -> None:
    """Refuse money whose method asks for a number, whichever way it goes (S2-34)."""
    if method.needs_number and not reference:
        raise ReferenceMissing(method=method.code)


def choose_bank_account(picture: Picture, asked: str | None) -> BankAccount:
    """Return the bank account asked for, or the default; the only one is the default (S2-51)."""
    known = bank_accounts(picture)
    chosen = [a for a in known.values() if a.default] or list(known.values())
    found = known.get(asked) if asked else (chosen[0] if len(chosen) == 1 else None)
    if found is None:
        raise UnknownBankAccount(bank_account=asked or "none, and no default", known=sorted(known))
    return found
