"""Write-offs (écarts de règlement): a difference accepted as loss or gain, with its reason."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from services.reconciliation.domain.customer import KnownCustomer, check_known
from services.reconciliation.domain.item import Item, new_item
from shared.decider import Need, Picture, Row, one
from shared.errors import Refusal
from shared.events import Event
from shared.events.reconciliation import WriteOffDeclared
from shared.money import Money


class WriteOff(Row, frozen=True):
    """A declared difference; a loss is a credit item, a gain a debit item."""

    key = "write_off_id"

    write_off_id: UUID
    customer_id: UUID
    side: str
    amount_cents: int
    currency: str
    reason: str
    account: str | None
    declared_on: date
    request_sha256: str
    position: int
    alone: bool = False  # as it was declared; those before version 12 of the tables don't say


def opposite_side(side: str) -> Literal["credit", "debit"]:
    """Return the side on which what meets an item stands."""
    return "credit" if side == "debit" else "debit"


def item_of_write_off(ledger: str, fact: WriteOffDeclared) -> Item:
    """Return the item that a declared difference is: a loss is a credit, a gain a debit."""
    return new_item(
        ledger,
        kind="write_off",
        item_id=fact.write_off_id,
        side=fact.side,
        customer_id=fact.customer_id,
        number=fact.reason[:40],
        on=fact.declared_on,
        amount=fact.amount,
    )


class WriteOffIdTaken(Refusal):
    """This identifier already names a different write-off."""


class WriteOffNotPositive(Refusal):
    """A write-off is more than zero; its side says whether it is a loss or a gain."""

    status = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclareWriteOff:
    """Accept a difference on a customer's account."""

    write_off_id: UUID
    customer_id: UUID
    side: Literal["credit", "debit"]
    amount: Money
    reason: str
    account: str | None
    on: date
    request_sha256: str

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name the write-off and the customer."""
        return one(WriteOff, self.write_off_id), one(KnownCustomer, self.customer_id)

    def decide(self, picture: Picture) -> list[Event]:
        """Declare once; the same request again changes nothing."""
        known = picture.find(WriteOff, self.write_off_id)
        if known:
            if known.request_sha256 != self.request_sha256:
                raise WriteOffIdTaken(write_off_id=self.write_off_id)
            return []
        if self.amount.cents <= 0:
            raise WriteOffNotPositive(amount=self.amount)
        check_known(picture, self.customer_id)
        return [
            WriteOffDeclared(
                write_off_id=self.write_off_id,
                customer_id=self.customer_id,
                side=self.side,
                amount=self.amount,
                reason=self.reason,
                account=self.account,
                declared_on=self.on,
                request_sha256=self.request_sha256,
                alone=True,
            )
        ]
