"""Customers: every document starts from a card (fiche client), société or particulier (S1-01)."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from shared.decider import Need, Picture, Row, one, those
from shared.errors import Refusal
from shared.events import Event
from shared.events.invoicing import CustomerKind, CustomerRegistered

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


# ── refused ─────────────────────────────────────────────────────────────────────


class CustomerIdTaken(Refusal):
    """This identifier already names a different customer."""


class CustomerCodeTaken(Refusal):
    """Another customer already carries this code."""


class UnknownCustomer(Refusal):
    """No customer card has this identifier: register the customer first."""

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

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name the card and whoever carries the code."""
        return one(Customer, self.customer_id), those(Customer, "code", self.code)

    def decide(self, picture: Picture) -> list[Event]:
        """Register once; the same request again changes nothing."""
        known = picture.find(Customer, self.customer_id)
        if known:
            if known.request_sha256 != self.request_sha256:
                raise CustomerIdTaken(customer_id=self.customer_id)
            return []
        if picture.where(Customer, "code", self.code):
            raise CustomerCodeTaken(code=self.code)
        return [
            CustomerRegistered(
                customer_id=self.customer_id,
                code=self.code,
                name=self.name,
                kind=self.kind,
                account=self.account,
                auxiliary_account=self.auxiliary_account,
                town=self.town,
                request_sha256=self.request_sha256,
            )
        ]
