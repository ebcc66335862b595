"""Many rows to list: thousands recorded through the public API, then a hundred copies of each.

What is recorded differs as a company's documents and payments do: customers, brands, folders,
kinds, days, amounts; half of the invoices are paid, some in part; for twenty documents there is a
draft, for twenty payments a refund. Each row is then copied under a name and a number of its own,
with other days and amounts, in all the tables that lists read.
A copy has no entry in a journal: what is measured afterwards reads, and writes nothing.
"""

import asyncio
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, Self
from uuid import UUID, uuid4

import asyncpg

from bench.lab import Effort, Lab
from tests.books import ok

BRANDS: Final = ("NORD", "SUD", "EST", "OUEST", "CENTRE")
BUSINESS_TYPES: Final = ("Travaux", "Entretien", "Conseil", "Dépannage")
FIRST: Final = date(2023, 1, 1)
DAYS: Final = 900
_ROWS: Final = 10_000
_COPIES: Final = 99
_CUSTOMERS, _FOLDERS = 500, 200
_PART: Final = 1_000  # items in one request
_RARE: Final = 20  # documents for each draft, payments for each refund
_SEED: Final = 1  # the same rows in every run

_FAR: Final = "k * 1000000"  # beyond every position that was recorded
_AMOUNT: Final = "amount_cents + k * 7"


def _name(text: str) -> str:
    """Return SQL for the name of a copy: the same in every table that names it."""
    return f"md5({text} || '/' || k)::uuid"


def _item(column: str) -> str:
    kind, name = (f"split_part({column}, '/', {part})" for part in (1, 2))
    return f"{kind} || '/' || {_name(name)}"


_APPLIED: Final = f"""(
    SELECT coalesce(jsonb_agg(part || jsonb_build_object(
        'document_id', {_name("(part ->> 'document_id')")})), '[]')
    FROM jsonb_array_elements(applies_to) AS part
)"""  # noqa: S608 - ours

Changed = Mapping[str, str]  # SQL by column; `k` is the copy's number
_COPIED: Final[Mapping[str, Mapping[str, Changed]]] = {
    "invoicing": {
        "documents": {
            "document_id": _name("document_id"),
            "number": "number || lpad(k::text, 3, '0')",
            "issued_on": "issued_on - k::int",
            "due_on": "due_on - k::int",
            "fiscal_year": "extract(year FROM issued_on - k::int)::bigint",
            "total_cents": "total_cents + k * 7",
            "opened": f"opened + {_FAR}",
            "position": f"position + {_FAR}",
        }
    },
    "payments": {
        "payments": {
            "payment_id": _name("payment_id"),
            "number": "number || lpad(k::text, 3, '0')",
            "received_on": "received_on - k::int",
            "amount_cents": _AMOUNT,
            "reference": "reference || k",
            "applies_to": _APPLIED,
            "position": f"position + {_FAR}",
        },
        "refunds": {
            "refund_id": _name("refund_id"),
            "number": "number || lpad(k::text, 3, '0')",
            "refunded_on": "refunded_on - k::int",
            "amount_cents": _AMOUNT,
            "position": f"position + {_FAR}",
        },
    },
    "reconciliation": {
        "items": {
            "item": _item("item"),
            "item_id": _name("item_id"),
            "number": "number || lpad(k::text, 3, '0')",
            "item_on": "item_on - k::int",
            "due_on": "due_on - k::int",
            "amount_cents": _AMOUNT,
            "group_id": _name("group_id"),
        },
        "matching_groups": {"group_id": _name("group_id")},
        "allocations": {
            "allocation_id": _name("allocation_id"),
            "credit_item": _item("credit_item"),
            "debit_item": _item("debit_item"),
            "allocated_on": "allocated_on - k::int",
            "paid_on": "paid_on - k::int",
            "document_on": "document_on - k::int",
            "amount_cents": _AMOUNT,
            "position": f"position + {_FAR}",
        },
    },
}


@dataclass(slots=True)
class Many:
    """What is recorded, drawn at random but the same in every run."""

    rows: int
    draw: random.Random = field(default_factory=lambda: random.Random(_SEED))  # noqa: S311 - no secret
    customers: list[UUID] = field(default_factory=lambda: [uuid4() for _ in range(_CUSTOMERS)])
    folders: list[UUID] = field(default_factory=lambda: [uuid4() for _ in range(_FOLDERS)])
    invoices: list[UUID] = field(default_factory=list)

    @classmethod
    def of(cls, effort: Effort) -> Self:
        """Return as much as an effort is worth."""
        return cls(_ROWS // 10 if effort.quick else _ROWS)

    def make(self, lab: Lab) -> None:
        """Record the rows and copy them."""
        _send(lab, "invoicing", "/customers/bulk", map(self._customer, range(_CUSTOMERS)))
        for number, name in enumerate(self.folders):
            folder = {"name": f"Chantier {number}", "brand": BRANDS[number % len(BRANDS)]}
            ok(lab.books.put("invoicing", f"/folders/{name}", folder))
        _send(lab, "invoicing", "/documents/bulk", map(self._document, range(self.rows)))
        lab.wait_until_caught_up()
        _send(lab, "payments", "/payments/bulk", map(self._payment, range(self.rows)))
        for _ in range(self.rows // _RARE):
            ok(lab.books.put("invoicing", f"/drafts/{uuid4()}", self._drawn_up()))
            ok(lab.books.put("payments", f"/refunds/{uuid4()}", self._refund()))
        lab.wait_until_caught_up()
        asyncio.run(_copy(lab))

    def day(self) -> date:
        """Return a day on which something may have happened."""
        return FIRST + timedelta(days=self.draw.randrange(DAYS))

    def _customer(self, number: int) -> dict[str, Any]:
        name = str(self.customers[number])
        return {"id": name, "code": f"C{number:04}", "name": f"Client {number}", "kind": "societe"}

    def _document(self, _: int) -> dict[str, Any]:
        name, body = uuid4(), self._drawn_up()
        if body["kind"] == "invoice":
            self.invoices.append(name)
        return {"id": str(name)} | body

    def _drawn_up(self) -> dict[str, Any]:
        draw, issued_on = self.draw, self.day()
        kind = draw.choices(("invoice", "quote", "order"), (8, 1, 1))[0]
        filed = draw.choices(
            ({"folder_id": str(draw.choice(self.folders))}, {"brand": draw.choice(BRANDS)}), (7, 3)
        )[0]
        return {
            "kind": kind,
            "customer_id": str(draw.choice(self.customers)),
            "issued_on": issued_on.isoformat(),
            "business_type": draw.choice(BUSINESS_TYPES),
            "lines": [{"label": "Prestation", "net": self._euros(), "vat_rate": "20"}],
            **filed,
        }

    def _refund(self) -> dict[str, Any]:
        """Return what gives a little of a customer's money back, whichever payment it is of."""
        return {
            "customer_id": str(self.draw.choice(self.customers)),
            "refunded_on": self.day().isoformat(),
            "amount": "1.00",
        }

    def _payment(self, number: int) -> dict[str, Any]:
        """Return a payment: every second one pays an invoice, every tenth a part of one."""
        draw = self.draw
        body: dict[str, Any] = {
            "id": str(uuid4()),
            "method": draw.choice(("transfer", "cheque", "cash")),
            "reference": f"{draw.choice(('VIR', 'CHQ'))} {draw.randrange(10**7):07}",
            "received_on": self.day().isoformat(),
        }
        if number % 2 or number // 2 >= len(self.invoices):
            return body | {"customer_id": str(draw.choice(self.customers)), "amount": self._euros()}
        body["applies_to"] = [{"document_id": str(self.invoices[number // 2])}]
        return body | {"amount": "10.00"} if number % 10 == 0 else body

    def _euros(self) -> str:
        return f"{self.draw.randrange(20, 5_000)}.{self.draw.randrange(100):02}"


def _send(lab: Lab, service: str, path: str, items: Iterable[dict[str, Any]]) -> None:
    every = list(items)
    for start in range(0, len(every), _PART):
        ok(lab.books.post(service, path, {"mode": "all", "items": every[start : start + _PART]}))


async def _copy(lab: Lab) -> None:
    copies = _COPIES // 10 if lab.effort.quick else _COPIES
    for service, tables in _COPIED.items():
        db = await asyncpg.connect(lab.stack.superuser_dsn(f"acquit_{service}"))
        try:
            for table, changed in tables.items():
                await _copy_table(db, table, changed, copies)
            await db.execute("VACUUM (ANALYZE)")
            await db.execute("CHECKPOINT")  # or the first lists wait while the disk is written to
        finally:
            await db.close()


async def _copy_table(db: asyncpg.Connection, table: str, changed: Changed, copies: int) -> None:
    """Add copies of all rows of a table; those of the ledger are all there are."""
    found = await db.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_name = $1", table
    )
    columns = [f'"{row["column_name"]}"' for row in found]
    values = [changed.get(column.strip('"'), column) for column in columns]
    await db.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) "  # noqa: S608 - names of our own
        f"SELECT {', '.join(values)} FROM {table}, generate_series(1, {copies}) AS k"
    )
