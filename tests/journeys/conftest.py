"""What the journeys of more than one module start from."""

from typing import Any

import pytest

from tests.books import Books, ok
from tests.journeys.test_prepayment_slides import make


@pytest.fixture
def order(books: Books) -> dict[str, Any]:
    """A customer's order of 1 200,00 €, in a ledger whose payments are numbered RC and on."""
    ok(books.put("payments", "/payment-policy", {"receipt_template": "RC{yy}{mm}-{n:4}"}))
    return make(books, "order", "1200.00")
