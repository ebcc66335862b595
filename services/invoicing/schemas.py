"""What invoicing's API takes and gives of customers, folders and settings."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final, TypeAlias
from uuid import UUID

from pydantic import Field, StringConstraints

from services.invoicing.domain.customer import ChangeCustomer, RegisterCustomer
from services.invoicing.domain.folder import OpenFolder
from shared.events.invoicing import CustomerKind, CustomerRole, CustomerStage
from shared.fields import Code, ShortText
from shared.requests import fingerprint
from shared.web import Body, Out

CustomerCode = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^\S.*$")]


_ACCOUNTS: Final[Mapping[CustomerRole, str]] = {
    "customer": "411000",
    "supplier": "401000",
    "employee": "421000",
}


class CustomerIn(Body):
    """A card to open: of a customer, or of a supplier or employee whom we owe."""

    code: CustomerCode
    name: ShortText
    kind: CustomerKind
    account: str | None = Field(
        default=None,
        pattern=r"^\d{3}[0-9A-Za-z]{0,12}$",
        description="Default: 411000, of a supplier 401000, of an employee 421000",
    )
    auxiliary_account: ShortText | None = None
    town: ShortText | None = None
    stage: CustomerStage = "client"
    parent_id: UUID | None = Field(
        default=None, description="The customer who pays for this one, in a group"
    )
    role: CustomerRole = Field(
        default="customer", description="A third party who is both has a card for each"
    )

    def command(self, customer_id: UUID) -> RegisterCustomer:
        """Return the command it asks for."""
        said = self.model_dump() | {"account": self.account or _ACCOUNTS[self.role]}
        return RegisterCustomer(customer_id=customer_id, request_sha256=fingerprint(self), **said)


class CustomerChangeIn(Body):
    """What a customer card says from now on."""

    name: ShortText
    town: ShortText | None = None
    stage: CustomerStage = "client"
    parent_id: UUID | None = None

    def command(self, customer_id: UUID) -> ChangeCustomer:
        """Return the command it asks for."""
        return ChangeCustomer(customer_id=customer_id, **self.model_dump())


class CustomerOut(Out):
    """A customer card; `stage` becomes client with the first invoice."""

    customer_id: UUID
    code: str
    name: str
    kind: CustomerKind
    account: str
    auxiliary_account: str | None
    town: str | None
    stage: CustomerStage
    parent_id: UUID | None
    role: CustomerRole
    position: int


class TabOut(Out):
    """A tab of a customer's page: its French title, where its list is, how many rows it has."""

    tab: str
    title: str
    service: str
    path: str
    count: int | None


_Tab: TypeAlias = tuple[str, str, str, str | None]
_TABS: Final[Mapping[CustomerRole, tuple[_Tab, ...]]] = {
    "customer": (
        ("quotes", "Devis", "quote", None),
        ("orders", "Commande", "order", None),
        ("delivery_notes", "Bon de livraison", "delivery_note", None),
        ("invoices", "Facture", "invoice", None),
        ("credit_notes", "Avoir", "credit_note", None),
        ("prepayment_invoices", "Acompte", "invoice", "prepayment"),
    ),
    "supplier": (("purchase_invoices", "Facture fournisseur", "purchase_invoice", None),),
    "employee": (("expense_notes", "Note de frais", "expense_note", None),),
}


def tabs_out(
    customer_id: UUID, role: CustomerRole, counts: Mapping[tuple[str, str], int]
) -> list[TabOut]:
    """Show the tabs that can carry money, payments last: they are another service's (S1-31)."""
    found = []
    for tab, title, kind, variant in _TABS[role]:
        wanted = f"{kind}.{variant}" if variant else kind
        of_tab = (n for (k, v), n in counts.items() if k == kind and variant in (None, v))
        path = f"/documents?customer_id={customer_id}&kind={wanted}"
        found.append(
            TabOut(tab=tab, title=title, service="invoicing", path=path, count=sum(of_tab))
        )
    path = f"/payments?customer_id={customer_id}"
    payments = TabOut(
        tab="payments", title="Encaissement", service="payments", path=path, count=None
    )
    return [*found, payments]


class FolderIn(Body):
    """A business folder to open."""

    name: ShortText
    brand: Code | None = None
    business_type: ShortText | None = None

    def command(self, folder_id: UUID) -> OpenFolder:
        """Return the command it asks for."""
        return OpenFolder(
            folder_id=folder_id, request_sha256=fingerprint(self), **self.model_dump()
        )


class FolderOut(Out):
    """A business folder."""

    folder_id: UUID
    name: str
    brand: str | None
    business_type: str | None
    opened_on: date
    position: int


class NumberingIn(Body):
    """A numbering template: text with {yyyy}, {yy}, {mm} and one counter {n:4}."""

    template: ShortText = Field(examples=["FA{yy}{mm}-{n:4}"])
    brand: Code | None = Field(default=None, description="Whose documents alone are numbered so")


class NumberingOut(Out):
    """A series and its template."""

    series: str
    template: str
    brand: str | None


class PageSizeIn(Body):
    """How many rows a page has, on every list."""

    rows: int = Field(ge=1, le=500, strict=True)


class PageSizeOut(Out):
    """How many rows a page has, on every list."""

    rows: int
