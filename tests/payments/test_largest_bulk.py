"""If these failed, the largest request that the contract allows would be refused."""

import pytest

from tests.books import Books, ok, refused
from tests.payments.bulk import bulk, many


@pytest.mark.bulky
@pytest.mark.parametrize("mode", ["each", "all"])
def test_ten_thousand_payments_fit_in_one_request_and_one_more_does_not(
    books: Books, mode: str
) -> None:
    items = many(books, 10_000)
    answer = ok(bulk(books, items, mode))
    assert answer["accepted"] == 10_000
    assert [outcome["id"] for outcome in answer["outcomes"]] == [item["id"] for item in items]
    counts = [int(outcome["number"].removeprefix("RC2508-")) for outcome in answer["outcomes"]]
    assert counts == list(range(1, 10_001))
    again = ok(bulk(books, items, mode))
    assert again["unchanged"] == 10_000
    refused(bulk(books, [*items, *many(books, 1)], mode), 422, "malformed")
    refused(bulk(books, [], mode), 422, "malformed")
