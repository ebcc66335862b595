"""Customers, as reconciliation needs them: whether there is one, and what people call it."""

from uuid import UUID

from shared.decider import Picture, Row
from shared.errors import Refusal


class KnownCustomer(Row, frozen=True):
    """A customer whose card invoicing opened."""

    key = "customer_id"

    customer_id: UUID
    code: str | None
    name: str | None
    role: str = "customer"  # or supplier, employee


class UnknownCustomer(Refusal):
    """No customer has this identifier here; one just registered may need a moment to arrive."""

    status = 422


def check_known(picture: Picture, customer_id: UUID) -> None:
    """Raise UnknownCustomer unless invoicing opened this customer's card."""
    if picture.find(KnownCustomer, customer_id) is None:
        raise UnknownCustomer(customer_id=customer_id)
