"""If these failed, somebody with the database's password could change the books unseen.

Each column of a journal, of its head, and of the archive's copy is changed as PostgreSQL's
superuser would, in each place where an entry can stand; the archive's report must name the
first bad entry, on the side where it is. A column that is added finds its way here by itself.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from itertools import cycle, product
from typing import Any, TypeAlias

import pytest
from sqlalchemy import BigInteger, Column, LargeBinary, Table, Text, Uuid

from deploy.local.stack import Stack
from services.archive.tables import copied_entries
from services.archive.tables import metadata as archive_metadata
from services.payments.tables import metadata
from tests.archive.tampering import tampered
from tests.books import Books, ok

JOURNAL, HEADS = metadata.tables["journal"], metadata.tables["chain_heads"]
# A head's revision is no evidence: nothing seals it. It counts commits, so that a writer knows
# whether the rows it remembers still hold; whoever changes it makes the writer read them again.
EVIDENCE = [column for column in HEADS.columns if column.name != "revision"]
CHECKPOINTS = archive_metadata.tables["checkpoints"]
PLACES = (1, 3, 5)  # of five entries: the first, one in the middle, the last
AWAY = 1_000  # a position that nothing else has
ELSEWHERE = "every-column-elsewhere"


@pytest.fixture(scope="module")
def written(stack: Stack) -> Iterator[Books]:
    """Return books in which payments wrote five entries, three of them signed heads."""
    with Books(stack, "every-column") as opened:
        opened.open()
        ok(opened.pay(opened.invoice()))
        each = [opened.payment_body(amount="10.00") | {"id": str(_id(n))} for n in range(2)]
        ok(opened.post("payments", "/payments/bulk", {"items": each}))
        ok(opened.pay(amount="5.00"))
        opened.wait_until_caught_up()
        yield opened


def _id(number: int) -> str:
    return f"00000000-0000-7000-8000-{number:012d}"


def changes(column: Column[Any]) -> list[str]:
    """Return SQL expressions that give a column another value, whatever it holds."""
    name = f'"{column.name}"'
    if column.name == "ledger":
        return [f"'{ELSEWHERE}'"]
    if isinstance(column.type, Text):
        found = [f"{name} || 'x'", f"upper({name}) || '-'", "''"]
    elif isinstance(column.type, BigInteger):
        found = [f"{name} + {AWAY}", f"- {name}"]
    elif isinstance(column.type, Uuid):
        found = ["gen_random_uuid()"]
    elif isinstance(column.type, LargeBinary):
        whole = f"coalesce({name}, decode(repeat('00', 64), 'hex'))"
        flips = [
            f"set_byte({whole}, {at}, get_byte({whole}, {at}) # 1)"
            for at in ("0", f"length({whole}) / 2", f"length({whole}) - 1")
        ]
        found = [*flips, "''", f"{whole} || '\\x00'::bytea"]
    else:
        found = [f"{name} + interval '1 microsecond'", f"{name} - interval '1 day'"]
    return [*found, "NULL"] if column.nullable else found


def setting(table: Table, column: Column[Any], value: str, where: str) -> str:
    return f'UPDATE {table.name} SET "{column.name}" = {value} WHERE ledger = $1 AND {where}'  # noqa: S608 - our tables


@contextmanager
def changed(books: Books, service: str, column: Column[Any], change: str) -> Iterator[None]:
    """Change a column and put it back, also what it moved to another ledger."""
    moved = tampered(books.stack, service, ELSEWHERE) if column.name == "ledger" else nullcontext()
    with moved, tampered(books.stack, service, books.ledger, change):
        yield


def payments(books: Books) -> dict[str, Any]:
    """Verify everything; return what came of payments."""
    answer = ok(books.post("archive", "/verifications", {}))
    (found,) = [each for each in answer["services"] if each["service"] == "payments"]
    assert answer["intact"] == (found["verdict"] == "intact"), answer
    return dict(found)


def named(flaw: dict[str, Any] | None) -> tuple[str, int] | None:
    """Return the side and the position that a flaw names."""
    return (flaw["found_in"], flaw["position"]) if flaw else None


Tries: TypeAlias = Callable[[Sequence[int], Sequence[str]], Iterable[tuple[int, str]]]


def in_turn(places: Sequence[int], values: Sequence[str]) -> Iterable[tuple[int, str]]:
    """Give each place and each value its turn, and not all of them together."""
    count = max(len(places), len(values))
    return [
        pair
        for pair, _ in zip(
            zip(cycle(places), cycle(values), strict=False), range(count), strict=False
        )
    ]


each_way = pytest.mark.parametrize(
    "tries",
    [pytest.param(in_turn, id=""), pytest.param(product, id="everywhere", marks=pytest.mark.fuzz)],
)


def holds_something(column: Column[Any], value: str, place: int) -> bool:
    """Say whether this gives the column another value: most entries carry no signature."""
    return not (column.name == "signature" and value == "NULL" and place == 3)


# ── the journal ─────────────────────────────────────────────────────────────────


@each_way
@pytest.mark.parametrize("column", JOURNAL.columns, ids=lambda c: c.name)
def test_a_changed_column_of_the_journal_names_its_entry(
    written: Books, column: Column[Any], tries: Tries
) -> None:
    for place, value in tries(PLACES, changes(column)):
        if not holds_something(column, value, place):
            continue
        change = setting(JOURNAL, column, value, f"position = {place}")
        with changed(written, "payments", column, change):
            found = payments(written)
        where = min(place, -place) if value.startswith("-") else place
        assert named(found["flaw"]) == ("journal", where), (place, value, found)
        assert found["copy_flaw"] is None, (place, value, found)


@pytest.mark.parametrize("column", EVIDENCE, ids=lambda c: c.name)
def test_a_changed_column_of_the_head_is_found(written: Books, column: Column[Any]) -> None:
    for value in changes(column):
        change = setting(HEADS, column, value, "true")
        with changed(written, "payments", column, change):
            found = payments(written)
        assert named(found["flaw"]), (value, found)
        assert found["copy_flaw"] is None, (value, found)


COLUMNS = ", ".join(f'"{c.name}"' for c in JOURNAL.columns if c.name != "position")
INSERT = f"INSERT INTO journal ({COLUMNS}, position) SELECT {COLUMNS}, {{to}} FROM journal "  # noqa: S608 - our table
COPY = INSERT + "WHERE ledger = $1 AND position = {place}"
DELETE = "DELETE FROM journal WHERE ledger = $1 AND position = {place}"
MOVE = "UPDATE journal SET position = {to} WHERE ledger = $1 AND position = {place}"
CUT = "DELETE FROM journal WHERE ledger = $1 AND position > {place}"
FIT_HEAD = """
UPDATE chain_heads h SET position = j.position, hash = j.hash, signature = j.signature
FROM journal j WHERE j.ledger = h.ledger AND h.ledger = $1 AND j.position =
    (SELECT max(position) FROM journal WHERE ledger = $1)
"""
FORGET_HEAD = "DELETE FROM chain_heads WHERE ledger = $1"
FORGET_ALL = "DELETE FROM journal WHERE ledger = $1"


@pytest.mark.parametrize("place", PLACES)
def test_a_deleted_entry_is_named(written: Books, place: int) -> None:
    for fitting in ((), (FIT_HEAD,)):
        gone = DELETE.format(place=place)
        with tampered(written.stack, "payments", written.ledger, gone, *fitting):
            found = payments(written)
        assert named(found["flaw"]) == ("journal", place), found


@pytest.mark.parametrize("to", [-7, 0, 6, AWAY])
@pytest.mark.parametrize("place", PLACES)
def test_an_inserted_entry_is_named(written: Books, place: int, to: int) -> None:
    for fitting in ((), (FIT_HEAD,)):
        put = COPY.format(place=place, to=to)
        with tampered(written.stack, "payments", written.ledger, put, *fitting):
            found = payments(written)
        assert named(found["flaw"]) == ("journal", min(to, 6)), found


@pytest.mark.parametrize(("one", "other"), [(1, 2), (2, 4), (1, 5), (4, 5)])
def test_two_entries_that_changed_places_are_named(written: Books, one: int, other: int) -> None:
    moves = ((one, AWAY), (other, one), (AWAY, other))
    swap = [MOVE.format(place=place, to=to) for place, to in moves]
    with tampered(written.stack, "payments", written.ledger, *swap, FIT_HEAD):
        found = payments(written)
    assert named(found["flaw"]) == ("journal", one), found


@pytest.mark.parametrize("place", range(5))
def test_a_cut_journal_names_the_first_entry_that_is_gone(written: Books, place: int) -> None:
    for fitting in ((), (FIT_HEAD,) if place else (FORGET_HEAD,)):
        cut = CUT.format(place=place)
        with tampered(written.stack, "payments", written.ledger, cut, *fitting):
            found = payments(written)
        unsigned = found["flaw"]["flaw"] in ("unsigned", "head")  # the last one that is left
        where = place if unsigned else place + 1
        assert named(found["flaw"]) == ("journal", where), found


def test_a_journal_of_which_nothing_is_left_is_missed(written: Books) -> None:
    for statements in ([FORGET_ALL], [FORGET_ALL, FORGET_HEAD]):
        with tampered(written.stack, "payments", written.ledger, *statements):
            assert named(payments(written)["flaw"]) == ("journal", 1)


def test_a_head_that_is_gone_leaves_entries_beyond_it(written: Books) -> None:
    with tampered(written.stack, "payments", written.ledger, FORGET_HEAD):
        assert named(payments(written)["flaw"]) == ("journal", 1)


# ── the archive's copy ──────────────────────────────────────────────────────────


@each_way
@pytest.mark.parametrize("column", copied_entries.columns, ids=lambda c: c.name)
def test_a_changed_column_of_the_copy_names_its_entry(
    written: Books, column: Column[Any], tries: Tries
) -> None:
    for place, value in tries(PLACES, changes(column)):
        if not holds_something(column, value, place):
            continue
        where = f"source = 'payments' AND position = {place}"
        change = setting(copied_entries, column, value, where)
        with changed(written, "archive", column, change):
            found = payments(written)
        at = min(place, -place) if value.startswith("-") else place
        assert named(found["copy_flaw"]) == ("copy", at), (place, value, found)
        assert found["flaw"] is None, (place, value, found)


@pytest.mark.parametrize("column", CHECKPOINTS.columns, ids=lambda c: c.name)
def test_a_changed_column_of_the_copy_s_checkpoint_is_found(
    written: Books, column: Column[Any]
) -> None:
    for value in changes(column):
        change = setting(CHECKPOINTS, column, value, "source = 'payments'")
        with changed(written, "archive", column, change):
            found = payments(written)
        assert named(found["copy_flaw"]), (value, found)
        assert found["flaw"] is None, (value, found)


COPY_AT = "ledger = $1 AND source = 'payments' AND position {}"
COPY_INSERT = """
INSERT INTO copied_entries (ledger, place, source, position, sealed, hash, signature)
SELECT ledger, 'payments/' || {to}, source, {to}, sealed, hash, signature
FROM copied_entries WHERE ledger = $1 AND source = 'payments' AND position = {place}
"""


@pytest.mark.parametrize("place", PLACES)
def test_an_entry_deleted_from_the_copy_is_named(written: Books, place: int) -> None:
    gone = f"DELETE FROM copied_entries WHERE {COPY_AT.format(f'= {place}')}"  # noqa: S608 - ours
    with tampered(written.stack, "archive", written.ledger, gone):
        assert named(payments(written)["copy_flaw"]) == ("copy", place)


@pytest.mark.parametrize("to", [0, 6, AWAY])
@pytest.mark.parametrize("place", PLACES)
def test_an_entry_inserted_into_the_copy_is_named(written: Books, place: int, to: int) -> None:
    put = COPY_INSERT.format(place=place, to=to)
    with tampered(written.stack, "archive", written.ledger, put):
        found = payments(written)
    assert named(found["copy_flaw"]) == ("copy", min(to, 6)), found
    assert found["flaw"] is None, found


@pytest.mark.parametrize("place", range(5))
def test_a_cut_copy_names_the_first_entry_that_is_gone(written: Books, place: int) -> None:
    cut = f"DELETE FROM copied_entries WHERE {COPY_AT.format(f'> {place}')}"  # noqa: S608 - ours
    with tampered(written.stack, "archive", written.ledger, cut):
        assert named(payments(written)["copy_flaw"]) == ("copy", place + 1)
