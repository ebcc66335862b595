"""If this failed, the accounting export of a company just taken over would take hours."""

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from deploy.local.stack import Stack
from services.payments import exports
from tests.uncounted import LEDGER, NAME, ROWS, SECONDS, Filled, uncounted

ONE: Final = {"code": "'ONE' || n", "label": "'Un'", "active": "n = 1", '"default"': "n = 1"}
FILLED: Final[Sequence[Filled]] = (
    ("payment_methods", {**ONE, "untdid_4461": "'30'"}),
    ("bank_accounts", {**ONE, "account": "'51210000'", "journal_code": "'CIC'"}),
    (
        "known_customers",
        {
            "customer_id": NAME,
            "code": "'C' || n",
            "name": "'Client ' || n",
            "account": "'41100000'",
            "role": "'customer'",
        },
    ),
    (
        "matched_items",
        {"item": "'payment/' || n", "matching_code": "'AAA'", "matched_on": "'2025-01-01'"},
    ),
    (
        "movements",
        {
            "item": "'payment/' || n",
            "position": "n",
            "kind": "'payment'",
            "moved_on": "'2025-01-01'",
            "amount_cents": "1234",
            "currency": "'EUR'",
            "method": "'ONE1'",
            "bank_account": "'ONE1'",
            "customer_id": NAME,
            "voucher": "'RC' || n",
            "label": "'Virement'",
            "recorded_at": "'2025-01-01T10:00:00Z'",
        },
    ),
)
YEAR: Final = exports.Period(UUID(int=1), date(2025, 1, 1), date(2025, 12, 31), None)


async def test_it_is_exported(stack: Stack) -> None:
    async with uncounted(stack, "payments", FILLED) as engine, asyncio.timeout(SECONDS):
        export = await exports.prepare(engine, LEDGER, YEAR)
    assert export is not None
    assert export.line_count == 2 * ROWS
