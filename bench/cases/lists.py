"""Lists as people ask for them, with a million documents, payments and links to look through.

Each case cycles through every order that its list can be sorted in, both ways, and draws what it
looks for anew in each round. Its figure is the time that 19 of 20 answers do not exceed.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from itertools import product
from typing import Any, Final, get_args
from urllib.parse import quote

import asyncpg

from bench.case import P95_MS, Case, Family, Goal, Sample, Trial
from bench.lab import Lab, MeasuringError, only
from bench.many import BRANDS, BUSINESS_TYPES, FIRST, Many
from bench.sending import Pace, send
from services.invoicing import queries as invoicing
from services.payments import queries as payments
from services.reconciliation import links

_CONNECTIONS: Final = 2
_MS: Final = 300
_EACH: Final = 3  # requests for each order in a round
_ROWS: Final = 50
_WORDS: Final = 200  # numbers to draw fragments from
_NUMBERS: Final = "SELECT number FROM {table} TABLESAMPLE BERNOULLI (5) WHERE number <> '' LIMIT $1"

Draw = Callable[["Books"], str]


@dataclass(slots=True)
class Books:
    """What is there to look for; a number's fragment is its last six characters."""

    lab: Lab
    many: Many
    fragments: dict[str, Sequence[str]]

    def fragment(self, service: str) -> str:
        """Return part of a number that there is."""
        return self.many.draw.choice(self.fragments[service])


@dataclass(frozen=True, slots=True)
class List:
    """A list of a service: its path and the orders it can be sorted in."""

    service: str
    path: str
    sorts: Sequence[str]

    def orders(self) -> list[str]:
        """Return every order as a part of a query, both ways."""
        if not self.sorts:
            return [""]
        return [f"&sort={sort}&direction={way}" for sort, way in product(self.sorts, _WAYS)]


_WAYS: Final = ("asc", "desc")
_DOCUMENTS: Final = List("invoicing", "/documents", get_args(invoicing.Sort))
_ENTERPRISE: Final = List("invoicing", "/enterprise/documents", get_args(invoicing.Sort))
_BRAND: Final = List("invoicing", f"/brands/{BRANDS[0]}/documents", get_args(invoicing.Sort))
_DRAFTS: Final = List("invoicing", "/drafts", get_args(invoicing.Sort))
_CUSTOMERS: Final = List("invoicing", "/customers", ())
_PAYMENTS: Final = List("payments", "/payments", get_args(payments.Sort))
_TOTALS: Final = List("payments", "/payments/totals", ())
_REFUNDS: Final = List("payments", "/refunds", ())
_ITEMS: Final = List("reconciliation", "/items", ())
_LINKS: Final = List("reconciliation", "/allocations", get_args(links.Sort))


def _nothing(_: Books) -> str:
    return ""


def _customer(books: Books, parameter: str = "customer_id") -> str:
    return f"&{parameter}={books.many.draw.choice(books.many.customers)}"


def _invoice(books: Books) -> str:
    return f"&document_id={books.many.draw.choice(books.many.invoices)}"


def _number(parameter: str, service: str, books: Books) -> str:
    return f"&{parameter}={books.fragment(service)}"


def _one_of(parameter: str, values: Sequence[Any], books: Books) -> str:
    return f"&{parameter}={quote(str(books.many.draw.choice(values)))}"


def _folder(books: Books) -> str:
    return _one_of("folder_id", books.many.folders, books)


def _days(parameter: str, books: Books) -> str:
    first = books.many.day()
    return f"&{parameter}_from={first}&{parameter}_to={first + timedelta(days=30)}"


def _amounts(books: Books) -> str:
    low = books.many.draw.randrange(20, 5_000)
    return f"&total_from={low}.00&total_to={low + 50}.00"


def _several(books: Books) -> str:
    year = books.many.draw.choice((FIRST.year, FIRST.year + 1))
    return f"{_customer(books)}&payment_status=open&kind=invoice&fiscal_year={year}"


ASKED: Final[dict[str, tuple[str, List, Draw]]] = {
    "documents-all": ("the first page", _DOCUMENTS, _nothing),
    "documents-customer": ("of a customer", _DOCUMENTS, _customer),
    "documents-number": ("part of a number", _DOCUMENTS, partial(_number, "number", "invoicing")),
    "documents-status": (
        "open, or settled",
        _DOCUMENTS,
        partial(_one_of, "payment_status", ("open", "settled")),
    ),
    "documents-brand": ("of a brand", _DOCUMENTS, partial(_one_of, "brand", BRANDS)),
    "documents-year": (
        "of a fiscal year",
        _DOCUMENTS,
        partial(_one_of, "fiscal_year", range(FIRST.year, FIRST.year + 3)),
    ),
    "documents-kind": ("of a kind", _DOCUMENTS, partial(_one_of, "kind", ("invoice", "quote"))),
    "documents-business": (
        "of a business type",
        _DOCUMENTS,
        partial(_one_of, "business_type", BUSINESS_TYPES),
    ),
    "documents-folder": ("of a folder", _DOCUMENTS, _folder),
    "documents-days": ("issued within a month", _DOCUMENTS, partial(_days, "issued")),
    "documents-amounts": ("between two amounts", _DOCUMENTS, _amounts),
    "documents-several": ("four filters together", _DOCUMENTS, _several),
    "documents-payer": ("of a payer", _DOCUMENTS, partial(_customer, parameter="payer_id")),
    "documents-self": (
        "validated by who drew them up, or not",
        _DOCUMENTS,
        partial(_one_of, "self_validated", ("true", "false")),
    ),
    "enterprise-year": ("of the enterprise, this year", _ENTERPRISE, _nothing),
    "enterprise-all": ("of the enterprise", _ENTERPRISE, lambda _: "&fiscal_year=all"),
    "brand-all": ("of one brand, drafts too", _BRAND, lambda _: "&fiscal_year=all"),
    "drafts-all": ("the first page", _DRAFTS, _nothing),
    "drafts-customer": ("of a customer", _DRAFTS, _customer),
    "customers-all": ("the first page", _CUSTOMERS, _nothing),
    "payments-all": ("the first page", _PAYMENTS, _nothing),
    "payments-customer": ("of a customer", _PAYMENTS, _customer),
    "payments-document": ("of a document", _PAYMENTS, _invoice),
    "payments-text": ("part of a number", _PAYMENTS, partial(_number, "text", "payments")),
    "payments-days": ("received within a month", _PAYMENTS, partial(_days, "received")),
    "payments-state": (
        "as recorded, or reversed",
        _PAYMENTS,
        partial(_one_of, "state", ("recorded", "reversed")),
    ),
    "payments-account": (
        "of a bank account, or of one that is never used",
        _PAYMENTS,
        partial(_one_of, "bank_account", ("CIC", "UNUSED")),
    ),
    "refunds-all": ("the first page", _REFUNDS, _nothing),
    "refunds-customer": ("of a customer", _REFUNDS, _customer),
    "refunds-days": ("given within a month", _REFUNDS, partial(_days, "refunded")),
    "items-customer": ("of a customer", _ITEMS, _customer),
    "totals-customer": ("a customer's sums", _TOTALS, _customer),
    "totals-days": ("a month's sums", _TOTALS, partial(_days, "received")),
    "links-all": ("the first page", _LINKS, _nothing),
    "links-customer": ("of a customer", _LINKS, _customer),
    "links-document": ("of a document", _LINKS, _invoice),
    "links-days": ("paid within a month", _LINKS, partial(_days, "paid")),
    "links-amounts": ("of the same amount", _LINKS, lambda _: "&same_amount=true"),
}


class Asking:
    """Asks for pages of a list, and says how long they took."""

    def __init__(self, books: Books, wanted: List, draw: Draw) -> None:
        self._books = books
        self._list = wanted
        self._draw = draw

    def __call__(self) -> Sample:
        """Measure one round."""
        lab, wanted = self._books.lab, self._list
        target = lab.target(wanted.service)
        path = f"/v1/ledgers/{lab.books.ledger}{wanted.path}"
        asked = [
            f"?{self._draw(self._books)}{order}" for _ in range(_EACH) for order in wanted.orders()
        ]
        if wanted.sorts:
            asked = [f"{query}&limit={_ROWS}" for query in asked]
        requests = [target.request("GET", path + query.replace("?&", "?")) for query in asked]
        sent = send(target, requests, Pace(connections=_CONNECTIONS))
        if not only("200")(sent.statuses):
            raise MeasuringError(f"other answers than expected: {sent.statuses}")
        return Sample(
            value=sent.percentile_ms(0.95),
            rate=sent.count / sent.seconds,
            count=sent.count,
            p50_ms=sent.percentile_ms(0.5),
            p99_ms=sent.percentile_ms(0.99),
        )


@cache
def _books(lab: Lab) -> Books:
    """Fill a laboratory's books once, whichever case comes first."""
    many = Many.of(lab.effort)
    many.make(lab)
    return Books(lab, many, asyncio.run(_fragments(lab)))


async def _fragments(lab: Lab) -> dict[str, Sequence[str]]:
    found: dict[str, Sequence[str]] = {}
    for service, table in (("invoicing", "documents"), ("payments", "payments")):
        db = await asyncpg.connect(lab.stack.superuser_dsn(f"acquit_{service}"))
        try:
            rows = await db.fetch(_NUMBERS.format(table=table), _WORDS)
        finally:
            await db.close()
        found[service] = [number[-6:] for (number,) in rows]
    return found


def _start(lab: Lab, *, asked: str) -> Trial:
    _, wanted, draw = ASKED[asked]
    asking = Asking(_books(lab), wanted, draw)
    asking()  # warm
    return Trial(ours=asking)


FAMILY = Family(
    name="lists",
    services=("invoicing", "payments", "reconciliation"),
    cases=tuple(
        Case(
            name=f"list-{name}",
            what=f"{what}, in every order, {_CONNECTIONS} connections",
            unit=P95_MS,
            goal=Goal(at_most=_MS),
            start=partial(_start, asked=name),
        )
        for name, (what, *_) in ASKED.items()
    ),
)
