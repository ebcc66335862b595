"""Booking what reconciliation decided: entries for accounting that move no money."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from services.payments.domain.accounting import Movement
from services.payments.domain.settings import POLICY, PaymentPolicy, policy
from shared.decider import Need, Picture, one
from shared.events import Event
from shared.events.booking import DifferenceBooked, TransferBooked
from shared.events.reconciliation import AllocationMade, DifferenceCode, WriteOffDeclared
from shared.events.transfers import TransferMade
from shared.money import Money, split_by_weight

_VAT_ACCOUNT = "44571"  # of the French chart of accounts: VAT collected
_ACCOUNTS: Mapping[DifferenceCode, str] = {"discount": "665", "write_off": "658", "bank_fee": "627"}
_GAINS = "758"
_KINDS: Mapping[DifferenceCode, str] = {
    "discount": "discount",
    "write_off": "difference",
    "bank_fee": "bank_fee",
}
_CODES: Mapping[str, DifferenceCode] = {kind: code for code, kind in _KINDS.items()}


def kind_of(code: DifferenceCode) -> str:
    """Return the kind of movement that a difference is."""
    return _KINDS[code]


@dataclass(frozen=True, slots=True, kw_only=True)
class BookDifference:
    """Book what was accepted beside an allocation, by the allocation that it settles with."""

    made: AllocationMade

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name what is booked, and the policy."""
        return one(Movement, f"write_off/{self.made.credit.id}"), one(PaymentPolicy, POLICY)

    def decide(self, picture: Picture) -> list[Event]:
        """Book once; the VAT of a discount is no longer owed to the State (CGI, art. 272)."""
        made, accepted = self.made, self.made.accepts
        if accepted is None or picture.find(Movement, f"write_off/{made.credit.id}"):
            return []
        vat = _vat(made) if accepted.code == "discount" else Money(0, made.amount.currency)
        return [
            DifferenceBooked(
                write_off_id=made.credit.id,
                customer_id=made.customer_id,
                code=accepted.code,
                amount=made.amount,
                vat=vat,
                account=accepted.account or _account(policy(picture), accepted.code),
                vat_account=(policy(picture).vat_account or _VAT_ACCOUNT) if vat.cents else None,
                booked_on=first_open_day(picture, made.allocated_on),
                voucher=made.debit_number or "",
                label=accepted.reason,
            )
        ]


def _account(current: PaymentPolicy, code: DifferenceCode) -> str:
    configured = {
        "discount": current.discount_account,
        "write_off": current.write_off_account,
        "bank_fee": current.bank_fee_account,
    }
    return configured[code] or _ACCOUNTS[code]


def _vat(made: AllocationMade) -> Money:
    """Return the VAT in an amount that was split over the document's rates (rule 10).

    It is none where a rebate makes it negative: nothing of it is taken back from the State.
    """
    cents = sum(_vat_cents(part.amount.cents, Decimal(part.rate)) for part in made.vat)
    return Money(max(0, min(cents, made.amount.cents)), made.amount.currency)


def _vat_cents(gross_cents: int, rate: Decimal) -> int:
    """Return the VAT in an amount at a rate in percent, by largest remainder.

    >>> _vat_cents(12_000, Decimal("20")), _vat_cents(-10_550, Decimal("5.5"))
    (2000, -550)
    """
    return split_by_weight(gross_cents, [1_000_000, int(rate * 10_000)])[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class BookWriteOff:
    """Book a difference that was declared alone, a loss or a gain."""

    declared: WriteOffDeclared

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name what is booked, and the policy."""
        item = f"write_off/{self.declared.write_off_id}"
        return one(Movement, item), one(PaymentPolicy, POLICY)

    def decide(self, picture: Picture) -> list[Event]:
        """Book once; without a document it is its own voucher."""
        said = self.declared
        if not said.alone or picture.find(Movement, f"write_off/{said.write_off_id}"):
            return []
        current = policy(picture)
        loss = said.side == "credit"
        usual = _account(current, "write_off") if loss else current.gain_account or _GAINS
        return [
            DifferenceBooked(
                write_off_id=said.write_off_id,
                customer_id=said.customer_id,
                code="write_off",
                amount=said.amount if loss else -said.amount,
                vat=Money(0, said.amount.currency),
                account=said.account or usual,
                booked_on=first_open_day(picture, said.declared_on),
                voucher=str(said.write_off_id),
                label=said.reason,
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class BookOpposite:
    """Take back what was booked of a difference, to the cent and on the same accounts."""

    opposite: WriteOffDeclared

    @property
    def _items(self) -> tuple[str, str]:
        ids = self.opposite.takes_back, self.opposite.write_off_id
        return f"write_off/{ids[0]}", f"write_off/{ids[1]}"

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name what was booked and what takes it back, and the policy."""
        return *(one(Movement, item) for item in self._items), one(PaymentPolicy, POLICY)

    def decide(self, picture: Picture) -> list[Event]:
        """Book once; nothing where nothing was booked, or a document that is reopened did it."""
        booked, known = (picture.find(Movement, item) for item in self._items)
        code = _CODES.get(booked.kind) if booked else None
        if booked is None or known or code is None:
            return []
        return [
            DifferenceBooked(
                write_off_id=self.opposite.write_off_id,
                customer_id=booked.customer_id,
                code=code,
                amount=Money(-booked.amount_cents, booked.currency),
                vat=Money(-booked.vat_cents, booked.currency),
                account=booked.counter_account or "",
                vat_account=booked.vat_account,
                booked_on=first_open_day(picture, self.opposite.declared_on),
                voucher=booked.voucher,
                label=booked.label,
                takes_back=self.opposite.takes_back,
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class BookTransfer:
    """Book a transfer between two customers' accounts."""

    made: TransferMade

    @property
    def _item(self) -> str:
        return f"write_off/{self.made.credit_item_id}"

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name what is booked, and the policy."""
        return one(Movement, self._item), one(PaymentPolicy, POLICY)

    def decide(self, picture: Picture) -> list[Event]:
        """Book once."""
        if picture.find(Movement, self._item):
            return []
        made = self.made
        return [
            TransferBooked(
                transfer_id=made.transfer_id,
                from_customer_id=made.from_customer_id,
                debit_item_id=made.debit_item_id,
                to_customer_id=made.to_customer_id,
                credit_item_id=made.credit_item_id,
                amount=made.amount,
                booked_on=first_open_day(picture, made.transferred_on),
                voucher=made.credit_number,
                label=made.debit_number,
            )
        ]


def first_open_day(picture: Picture, on: date) -> date:
    """Return the day, or the first one after it that the ledger has not locked."""
    locked_until = policy(picture).locked_until
    return max(on, locked_until + timedelta(days=1)) if locked_until else on
