"""If these failed, a change behind a service's back would go unseen by the service itself."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from deploy.local.stack import Stack
from tests.archive.tampering import tampered
from tests.archive.test_archive_verification import TAMPERINGS
from tests.books import SERVICES, Books, ok

# A journal cut together with its head, or lost whole, is a shorter journal and a whole
# one: only somebody else's memory can tell, and that is what the archive is for.
ONLY_THE_ARCHIVE_KNOWS = {"cut, with a fitting head", "everything"}
OWNERS = ("payments", "invoicing", "reconciliation")


@pytest.fixture(scope="module")
def written(stack: Stack) -> Iterator[Books]:
    """Have some entries in every journal but the archive's; each test leaves them as they are."""
    with Books(stack, f"verified-{uuid4().hex[:8]}") as books:
        books.open()
        for _ in range(3):
            ok(books.pay(books.invoice("10.00")))
        books.wait_until_caught_up()
        yield books


def verdict(books: Books, service: str) -> dict[str, Any]:
    answer: dict[str, Any] = ok(books.get(service, "/verification"))
    return answer


@pytest.mark.parametrize("service", SERVICES)
def test_what_nobody_touched_is_intact(written: Books, service: str) -> None:
    answer = verdict(written, service)
    assert (answer["intact"], answer["flaw"]) == (True, None)
    assert answer["entries"] == written.positions()[service]["position"]


@pytest.mark.feature("S2-03")
@pytest.mark.parametrize("how", TAMPERINGS)
def test_a_service_finds_what_was_changed_in_its_journal(written: Books, how: str) -> None:
    statements, (position, flaw) = TAMPERINGS[how]
    with tampered(written.stack, "payments", written.ledger, *statements):
        answer = verdict(written, "payments")
    if how in ONLY_THE_ARCHIVE_KNOWS:
        assert answer["intact"]
        return
    assert not answer["intact"]
    found = answer["flaw"]
    assert (found["service"], found["ledger"]) == ("payments", written.ledger)
    assert (found["position"], found["flaw"]) == (position, flaw)
    assert verdict(written, "payments")["intact"]


@pytest.mark.parametrize("service", OWNERS)
def test_every_service_verifies_its_own(written: Books, service: str) -> None:
    change = "UPDATE journal SET type = 'x' WHERE ledger = $1 AND position = 2"
    with tampered(written.stack, service, written.ledger, change):
        assert verdict(written, service)["flaw"]["position"] == 2
        others = [name for name in SERVICES if name != service]
        assert all(verdict(written, name)["intact"] for name in others)
