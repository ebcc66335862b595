"""A second user of the same books."""

from collections.abc import Iterator

import pytest

from deploy.local.stack import Stack
from tests.books import Books


@pytest.fixture
def bob(stack: Stack, books: Books) -> Iterator[Books]:
    """Return the same books for another user, of the support team."""
    with Books(stack, books.ledger) as opened:
        token = stack.mint_token("bob", {books.ledger: ["*"]}, 1)
        opened.http.headers["authorization"] = f"Bearer {token}"
        opened.customer_id = books.customer_id
        yield opened
