"""If these failed, lists of a company just taken over would run into their time limit."""

from collections.abc import AsyncIterator, Sequence
from typing import Final, get_args

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.local.stack import Stack
from services.reconciliation import links, queries
from tests.uncounted import FIRST, LEDGER, NAME, Filled, uncounted


def item(kind: str, side: str) -> Filled:
    return "items", {
        "item": f"'{kind}/' || {NAME}",
        "kind": f"'{kind}'",
        "item_id": NAME,
        "side": f"'{side}'",
        "customer_id": FIRST,
        "number": "'N' || n",
        "item_on": "'2025-01-01'",
        "currency": "'EUR'",
        "amount_cents": "1234",
        "allocated_cents": "1234",
        "vat": "'[]'",
        "group_id": NAME,
    }


# Each payment settles an invoice, in a group of their own.
ROWS: Final[Sequence[Filled]] = (
    (
        "known_customers",
        {
            "customer_id": NAME,
            "code": "'C' || n",
            "name": "'Client ' || n",
            "role": "CASE n % 2 WHEN 0 THEN 'supplier' ELSE 'customer' END",
        },
    ),
    (
        "matching_groups",
        {
            "group_id": NAME,
            "customer_id": FIRST,
            "open_cents": "0",
            "members": "2",
            "matching_code": "'AAA'",
        },
    ),
    item("payment", "credit"),
    item("document", "debit"),
    (
        "allocations",
        {
            "allocation_id": NAME,
            "customer_id": FIRST,
            "credit_item": f"'payment/' || {NAME}",
            "debit_item": f"'document/' || {NAME}",
            "paid_with": f"'payment/' || {NAME}",
            "amount_cents": "1234",
            "currency": "'EUR'",
            "allocated_on": "'2025-01-01'",
            "paid_on": "'2025-01-01'",
            "document_on": "'2025-01-01'",
            "origin": "'asked'",
            "vat": "'[]'",
            "credit_vat": "'[]'",
            "position": "n",
        },
    ),
)


@pytest.fixture
async def engine(stack: Stack) -> AsyncIterator[AsyncEngine]:
    async with uncounted(stack, "reconciliation", ROWS) as engine:
        yield engine


async def test_its_items_are_listed(engine: AsyncEngine) -> None:
    rows, _ = await queries.item_page(
        engine, LEDGER, role="customer", customer_id=None, limit=100, cursor=None
    )
    assert [row.matching_code for row in rows] == ["AAA"] * 100


async def test_its_links_are_listed_in_every_order(engine: AsyncEngine) -> None:
    for sort in get_args(links.Sort):
        rows, _ = await links.link_page(
            engine, LEDGER, links.LinkFilter(), sort=sort, descending=False, limit=100, cursor=None
        )
        assert [row.matching_code for row in rows] == ["AAA"] * 100, sort


async def test_what_is_owed_to_its_suppliers_is_added_up(engine: AsyncEngine) -> None:
    assert await queries.balances(engine, LEDGER, role="supplier") == []
    owing = await queries.balances(engine, LEDGER, role="customer")
    assert [(row.balance_cents, row.open_debit_cents) for row in owing] == [(0, 0)]
