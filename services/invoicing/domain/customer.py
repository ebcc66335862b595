"""Customers: every document starts from a card (fiche client), société or particulier (S1-01).

The card of a supplier or of an employee (fournisseur, salarié) is one of another role (S2-56).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shared.decider import Need, Picture, Row, one, those
from shared.errors import NotFound, Refusal
from shared.events import Event
from shared.events.invoicing import (
    CustomerChanged,
    CustomerKind,
    CustomerRegistered,
    CustomerRole,
    CustomerStage,
)

# ── remembered ──────────────────────────────────────────────────────────────────


class Customer(Row, frozen=True):
    """A customer card."""

    key = "customer_id"

    customer_id: UUID
    code: str
    name: str
    kind: str
    account: str
    auxiliary_account: str | None
    town: str | None
    request_sha256: str
    position: int
    stage: str = "client"
    parent_id: UUID | None = None
    role: str = "customer"


# ── refused ─────────────────────────────────────────────────────────────────────


class CustomerIdTaken(Refusal):
    """This identifier already names a different customer."""


class CustomerCodeTaken(Refusal):
    """Another customer already carries this code."""


class UnknownCustomer(Refusal):
    """No customer card has this identifier: register the customer first."""

    status = 422


class ParentIsNoParent(Refusal):
    """Who pays for a group is another customer, and has nobody who pays for it."""

    status = 422


# ── asked and decided ───────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterCustomer:
    """Open a customer card."""

    customer_id: UUID
    code: str
    name: str
    kind: CustomerKind
    account: str
    auxiliary_account: str | None
    town: str | None
    request_sha256: str
    stage: CustomerStage = "client"
    parent_id: UUID | None = None
    role: CustomerRole = "customer"

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name the card, whoever carries the code, and the parent."""
        yield from (one(Customer, self.customer_id), those(Customer, "code", self.code))
        if self.parent_id:
            yield one(Customer, self.parent_id)

    def decide(self, picture: Picture) -> list[Event]:
        """Register once; the same request again changes nothing."""
        known = picture.find(Customer, self.customer_id)
        if known:
            if known.request_sha256 != self.request_sha256:
                raise CustomerIdTaken(customer_id=self.customer_id)
            return []
        if picture.where(Customer, "code", self.code):
            raise CustomerCodeTaken(code=self.code)
        _check_parent(picture, self.customer_id, self.parent_id)
        return [
            CustomerRegistered(
                customer_id=self.customer_id,
                code=self.code,
                name=self.name,
                kind=self.kind,
                account=self.account,
                auxiliary_account=self.auxiliary_account,
                town=self.town,
                stage=self.stage,
                parent_id=self.parent_id,
                role=self.role,
                request_sha256=self.request_sha256,
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCustomer:
    """Let a customer card say something else."""

    customer_id: UUID
    name: str
    town: str | None
    stage: CustomerStage
    parent_id: UUID | None

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name the card, the parent, and those for whom this customer pays."""
        yield from (one(Customer, self.customer_id), those(Customer, "parent_id", self.customer_id))
        if self.parent_id:
            yield one(Customer, self.parent_id)

    def decide(self, picture: Picture) -> list[Event]:
        """Change it unless it says so already."""
        known = picture.find(Customer, self.customer_id)
        if known is None:
            raise NotFound(customer_id=self.customer_id)
        if self.parent_id and picture.where(Customer, "parent_id", self.customer_id):
            raise ParentIsNoParent(customer_id=self.customer_id, parent_id=self.parent_id)
        _check_parent(picture, self.customer_id, self.parent_id)
        fact = changed(
            known, name=self.name, town=self.town, stage=self.stage, parent_id=self.parent_id
        )
        return [] if fact == changed(known) else [fact]


def changed(customer: Customer, **fields: Any) -> CustomerChanged:
    """Return what says that these fields of a card changed, and the others did not."""
    kept = {name: getattr(customer, name) for name in CustomerChanged.model_fields}
    return CustomerChanged.model_validate(kept | fields)


def _check_parent(picture: Picture, customer_id: UUID, parent_id: UUID | None) -> None:
    if parent_id is None:
        return
    parent = picture.find(Customer, parent_id)
    if parent is None or parent.parent_id or parent_id == customer_id:
        raise ParentIsNoParent(customer_id=customer_id, parent_id=parent_id)
