"""If this failed, a character that no database keeps would look like a defect of ours."""

from urllib.parse import quote
from uuid import UUID

import pytest

from shared import paging
from tests.books import Books, refused

NUL = "a\x00b"
SEARCHES = (
    ("invoicing", f"/documents?number={quote(NUL)}"),
    ("payments", f"/payments?text={quote(NUL)}"),
    ("payments", f"/payments?sort=number&cursor={paging.encode([NUL, UUID(int=1)])}"),
)


@pytest.mark.parametrize(("service", "path"), SEARCHES)
def test_a_nul_in_a_search_is_malformed(books: Books, service: str, path: str) -> None:
    refused(books.get(service, path), 422, "malformed")


def test_a_nul_in_a_customer_s_code_is_malformed(books: Books) -> None:
    body = {"code": NUL, "name": "Durand", "kind": "societe"}
    answer = books.put("invoicing", f"/customers/{books.customer_id}", body)
    refused(answer, 422, "malformed")
