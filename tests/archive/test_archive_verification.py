"""If these failed, a change behind our backs would go unseen, or be blamed on the wrong entry.

They run on the real stack: entries are changed in PostgreSQL as its superuser, with the
triggers off, and the archive's report must name the first bad one.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.local.stack import Stack
from tests.archive.tampering import tampered
from tests.books import Books, ok

SERVICES = ("payments", "invoicing", "reconciliation", "archive")
COPIED = SERVICES[:3]


def write(books: Books) -> Books:
    """Let every service write something: payments four entries, the others at least two."""
    for _ in range(3):
        ok(books.pay(books.invoice()))
    books.wait_until_caught_up()
    return books


@pytest.fixture(scope="module")
def written(stack: Stack) -> Iterator[Books]:
    """Return books that are changed, and put back, by one test after the other."""
    with Books(stack, "archive") as opened:
        opened.open()
        yield write(opened)


def report(books: Books) -> dict[str, Any]:
    """Verify everything."""
    answer: dict[str, Any] = ok(books.post("archive", "/verifications", {}))
    return answer


def named(flaw: dict[str, Any] | None) -> tuple[str, str, str, int, str]:
    """Return what names a bad entry."""
    assert flaw is not None
    assert flaw["detail"]
    return (flaw["found_in"], flaw["service"], flaw["ledger"], flaw["position"], flaw["flaw"])


def verdicts(answer: dict[str, Any]) -> dict[str, str]:
    """Return the verdict on each service."""
    return {service["service"]: service["verdict"] for service in answer["services"]}


def lines(books: Books, service: str, path: str, **query: int) -> Iterator[dict[str, Any]]:
    """Return the entries that an endpoint gives, without the columns that file them."""
    for line in books.get(service, path, **query).text.splitlines():
        entry = json.loads(line)
        entry.pop("filed", None)
        yield entry


# ── as it should be ─────────────────────────────────────────────────────────────


@pytest.mark.feature("S2-03")
def test_what_nobody_touched_is_intact_in_every_service(written: Books) -> None:
    answer = report(written)
    assert (answer["intact"], answer["first_flaw"]) == (True, None)
    assert verdicts(answer) == dict.fromkeys(SERVICES, "intact")
    for service in answer["services"]:
        position = ok(written.get(service["service"], "/positions"))["position"]
        assert (service["entries"], service["head_position"]) == (position, position)
        assert service["copied"] == (position if service["service"] in COPIED else 0)
        assert (service["to_copy"], service["reason"]) == (0, None)


@pytest.mark.feature("S2-03")
@pytest.mark.parametrize("service", COPIED)
def test_the_copy_is_byte_for_byte_what_its_owner_wrote(written: Books, service: str) -> None:
    owned = list(lines(written, service, "/journal"))
    copied = list(lines(written, "archive", f"/copies/{service}"))
    assert owned
    assert copied == owned


def test_copies_are_handed_out_in_parts(written: Books) -> None:
    whole = list(lines(written, "archive", "/copies/payments"))
    part = list(lines(written, "archive", "/copies/payments", after=1, limit=2))
    assert part == whole[1:3]


def test_the_ends_of_copies_are_those_of_their_owners(written: Books) -> None:
    for head in ok(written.get("archive", "/heads"))["heads"]:
        assert head["comparison"] == "same"
        assert head["copy_end"] == head["owner_end"]


def test_a_ledger_nobody_has_written_in_is_intact(stack: Stack) -> None:
    with Books(stack, "never-written") as empty:
        assert report(empty)["intact"]
        heads = ok(empty.get("archive", "/heads"))["heads"]
        assert [head["comparison"] for head in heads] == ["same"] * 3


# ── an owner's journal was changed ──────────────────────────────────────────────

FLIP = "UPDATE journal SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1) "
FLIP_THIRD = FLIP + "WHERE ledger = $1 AND position = 3"
REHASH = "UPDATE journal SET hash = sha256(sealed) WHERE ledger = $1 AND position = 3"
DELETE_THIRD = "DELETE FROM journal WHERE ledger = $1 AND position = 3"
SET_ASIDE = "UPDATE journal SET position = -position WHERE ledger = $1 AND position IN (2, 3)"
SWAP_BACK = "UPDATE journal SET position = 5 + position WHERE ledger = $1 AND position < 0"
CUT = "DELETE FROM journal WHERE ledger = $1 AND position > 3"
MOVE_HEAD = """
UPDATE chain_heads h SET position = 3, hash = j.hash, signature = j.signature
FROM journal j WHERE j.ledger = h.ledger AND j.position = 3 AND h.ledger = $1
"""
DELETE_ALL = "DELETE FROM journal WHERE ledger = $1"
DELETE_HEAD = "DELETE FROM chain_heads WHERE ledger = $1"
INSERT = """
INSERT INTO journal SELECT ledger, position {}, entry_id, stream, type, recorded_at,
    sealed, hash, signature FROM journal WHERE ledger = $1 AND position = {}
"""
SET_ON_SECOND = "UPDATE journal SET {} WHERE ledger = $1 AND position = 2"
UNSIGN = "UPDATE journal SET signature = NULL WHERE ledger = $1 AND position = 4"
CHANGE_HEAD = "UPDATE chain_heads SET hash = sha256(hash) WHERE ledger = $1"

TAMPERINGS = {
    "flip": ([FLIP_THIRD], (3, "altered")),
    "flip, with a fitting hash": ([FLIP_THIRD, REHASH], (3, "signature")),
    "delete": ([DELETE_THIRD], (3, "missing")),
    "swap": ([SET_ASIDE, SWAP_BACK], (2, "misplaced")),
    "cut": ([CUT], (4, "cut")),
    "cut, with a fitting head": ([CUT, MOVE_HEAD], (4, "cut")),
    "everything": ([DELETE_ALL, DELETE_HEAD], (1, "cut")),
    "insert before": ([INSERT.format("- 1", 1)], (0, "repeated")),
    "insert after": ([INSERT.format("+ 1", 4)], (5, "misplaced")),
    "another type": ([SET_ON_SECOND.format("type = 'x'")], (2, "misfiled")),
    "another stream": ([SET_ON_SECOND.format("stream = 'x'")], (2, "misfiled")),
    "another id": ([SET_ON_SECOND.format("entry_id = uuidv7()")], (2, "misfiled")),
    "another time": ([SET_ON_SECOND.format("recorded_at = now()")], (2, "misfiled")),
    "no signature": ([UNSIGN], (4, "unsigned")),
    "another head": ([CHANGE_HEAD], (4, "head")),
}


@pytest.mark.feature("S2-03")
@pytest.mark.parametrize("how", TAMPERINGS)
def test_a_changed_journal_is_found_and_its_first_bad_entry_named(written: Books, how: str) -> None:
    statements, (position, flaw) = TAMPERINGS[how]
    with tampered(written.stack, "payments", written.ledger, *statements):
        answer = report(written)
    assert not answer["intact"]
    assert named(answer["first_flaw"]) == ("journal", "payments", written.ledger, position, flaw)
    assert verdicts(answer) == dict.fromkeys(SERVICES, "intact") | {"payments": "flawed"}
    assert report(written)["first_flaw"] is None


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_s_journal_is_verified(written: Books, service: str) -> None:
    if service == "archive":
        with tampered(written.stack, "payments", written.ledger, *TAMPERINGS["cut"][0]):
            report(written)  # puts a first entry into the archive's own journal
    flip = FLIP + "WHERE ledger = $1 AND position = 1"
    with tampered(written.stack, service, written.ledger, flip):
        answer = report(written)
    assert named(answer["first_flaw"]) == ("journal", service, written.ledger, 1, "altered")


def test_the_ends_tell_a_journal_that_was_cut_or_changed(written: Books) -> None:
    def payments_end() -> str:
        heads = ok(written.get("archive", "/heads"))["heads"]
        return str({head["service"]: head["comparison"] for head in heads}["payments"])

    cut, _ = TAMPERINGS["cut, with a fitting head"]
    with tampered(written.stack, "payments", written.ledger, *cut):
        assert payments_end() == "owner_behind"
    with tampered(written.stack, "payments", written.ledger, FLIP + "WHERE ledger = $1"):
        assert payments_end() == "different"
    with tampered(written.stack, "archive", written.ledger, COPY_TAMPERINGS["cut"][0]):
        assert payments_end() == "copy_behind"


# ── the archive's copy was changed ──────────────────────────────────────────────

FLIP_COPY = """
UPDATE copied_entries SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)
WHERE ledger = $1 AND source = 'payments' AND position = 3
"""
FORGET = """
DELETE FROM copied_entries WHERE ledger = $1 AND source = 'payments' AND position {}
"""
RENAME = """
UPDATE copied_entries SET {} = 'x' WHERE ledger = $1 AND source = 'payments' AND position = {}
"""
COPY_TAMPERINGS = {
    "flip": (FLIP_COPY, (3, "altered")),
    "delete": (FORGET.format("= 2"), (2, "missing")),
    "cut": (FORGET.format("> 2"), (3, "cut")),
    "another source": (RENAME.format("source", 4), (4, "cut")),
    "another place": (RENAME.format("place", 2), (2, "misfiled")),
}


@pytest.mark.parametrize("how", COPY_TAMPERINGS)
def test_a_changed_copy_is_found_and_its_owner_is_not_accused(written: Books, how: str) -> None:
    statement, (position, flaw) = COPY_TAMPERINGS[how]
    with tampered(written.stack, "archive", written.ledger, statement):
        services = {each["service"]: each for each in report(written)["services"]}
    payments = services["payments"]
    assert (payments["verdict"], payments["flaw"]) == ("flawed", None)
    assert named(payments["copy_flaw"]) == ("copy", "payments", written.ledger, position, flaw)


# ── on record ───────────────────────────────────────────────────────────────────


def test_a_flaw_goes_on_record_once_however_often_it_is_found(books: Books) -> None:
    write(books)
    assert report(books)["intact"]
    assert books.get("archive", "/journal").text == ""
    with tampered(books.stack, "payments", books.ledger, *TAMPERINGS["flip"][0]):
        for _ in range(3):
            report(books)
    (entry,) = map(json.loads, books.get("archive", "/journal").text.splitlines())
    assert entry["filed"]["type"] == "archive.integrity-flaw-detected.v1"
    assert entry["filed"]["stream"] == "journal/payments"
    answer = report(books)
    assert (answer["intact"], verdicts(answer)["archive"]) == (True, "intact")


# ── who may ─────────────────────────────────────────────────────────────────────


def test_verifying_and_reading_copies_need_their_rights(written: Books) -> None:
    with Books(written.stack, written.ledger, ["journal:read"]) as reader:
        assert reader.post("archive", "/verifications", {}).status_code == 403
        assert reader.get("archive", "/copies/payments").status_code == 200
    with Books(written.stack, written.ledger, ["journal:verify"]) as checker:
        assert checker.post("archive", "/verifications", {}).status_code == 200
        assert checker.get("archive", "/copies/payments").status_code == 403
        assert checker.get("archive", "/heads").status_code == 403


def test_there_is_no_copy_of_what_is_not_copied(written: Books) -> None:
    assert written.get("archive", "/copies/archive").status_code == 422
