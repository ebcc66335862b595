"""What would be lost if these failed: a refused command would leave a trace in its neighbours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.decider import Need, NotLoadedError, Picture, Row, every, one, those


class Account(Row, frozen=True):
    """A row to try things with."""

    key = "number"

    number: int
    owner: str
    cents: int = 0


class Owner(Row, frozen=True):
    """A row of another kind."""

    key = "name"

    name: str


def account(number: int, owner: str = "anna", cents: int = 0) -> Account:
    return Account(ledger="demo", number=number, owner=owner, cents=cents)


def picture(*rows: Row, needs: tuple[Need, ...] = ()) -> Picture:
    """Return a picture in which the rows were found, and the needs besides, asked for."""
    seen = Picture("demo")
    found = [one(type(row), getattr(row, row.key)) for row in rows]
    seen.load([*found, *needs], rows)
    return seen


class RefusedError(Exception):
    """Stands for a refusal."""


def refuse(books: Picture, *rows: Row) -> None:
    """Put rows and then be refused."""
    with books.attempt():
        for row in rows:
            books.put(row)
        raise RefusedError


# ── what was named ──────────────────────────────────────────────────────────────


def test_a_row_that_was_named_is_found_or_known_to_be_absent() -> None:
    books = picture(account(1), needs=(one(Account, 2),))
    assert books.find(Account, 1) == account(1)
    assert books.find(Account, 2) is None


def test_looking_at_what_was_not_named_is_a_defect() -> None:
    books = picture(account(1))
    with pytest.raises(NotLoadedError):
        books.find(Account, 2)
    with pytest.raises(NotLoadedError):
        books.find(Owner, 1)
    with pytest.raises(NotLoadedError):
        books.where(Account, "owner", "anna")


def test_missing_names_only_what_was_not_loaded_yet() -> None:
    books = picture(account(1))
    assert books.missing([one(Account, 1), one(Account, 2), one(Owner, "anna")]) == {
        one(Account, 2),
        one(Owner, "anna"),
    }


def test_rows_are_found_by_a_column_in_the_order_of_their_keys() -> None:
    books = picture(needs=(those(Account, "owner", "anna"),))
    books.load([], [account(3), account(1), account(2, owner="bert")])
    assert books.where(Account, "owner", "anna") == [account(1), account(3)]


def test_every_row_of_a_ledger_is_found_by_its_ledger() -> None:
    need = every(Account, "demo")
    books = picture(needs=(need,))
    books.load([], [account(2), account(1)])
    assert books.where(Account, need.column, need.value) == [account(1), account(2)]


def test_a_changed_row_is_found_under_its_new_value_only() -> None:
    books = picture(
        account(1), needs=(those(Account, "owner", "anna"), those(Account, "owner", "bert"))
    )
    books.put(account(1, owner="bert"))
    assert books.where(Account, "owner", "anna") == []
    assert books.where(Account, "owner", "bert") == [account(1, owner="bert")]


def test_what_facts_changed_is_not_overwritten_by_what_is_loaded_later() -> None:
    books = picture(account(1))
    books.put(account(1, cents=5))
    books.load([those(Account, "owner", "anna")], [account(1), account(2)])
    assert books.where(Account, "owner", "anna") == [account(1, cents=5), account(2)]


# ── what changes ────────────────────────────────────────────────────────────────


def test_changes_hold_each_row_once_as_it_is_at_the_end() -> None:
    books = picture(account(1), account(2))
    books.put(account(1, cents=5))
    books.put(account(1, cents=7))
    books.put(account(3))
    assert dict(books.changes()) == {Account: [account(1, cents=7), account(3)]}


def test_a_row_that_was_only_read_is_no_change() -> None:
    assert list(picture(account(1)).changes()) == []


def test_a_refused_part_leaves_what_came_before_it() -> None:
    books = picture(account(1))
    books.put(account(1, cents=5))
    with pytest.raises(RefusedError):
        refuse(books, account(1, cents=9), account(2))
    assert dict(books.changes()) == {Account: [account(1, cents=5)]}
    with pytest.raises(NotLoadedError):
        books.find(Account, 2)


def test_after_a_refused_part_the_next_one_counts() -> None:
    books = picture(account(1))
    with pytest.raises(RefusedError):
        refuse(books, account(1, cents=9))
    with books.attempt():
        books.put(account(1, cents=3))
    assert dict(books.changes()) == {Account: [account(1, cents=3)]}


def test_rows_loaded_in_a_refused_part_stay_loaded() -> None:
    books = picture()

    def load_and_refuse() -> None:
        with books.attempt():
            books.load([one(Account, 1)], [account(1)])
            books.put(account(1, cents=4))
            raise RefusedError

    with pytest.raises(RefusedError):
        load_and_refuse()
    assert books.find(Account, 1) == account(1)


numbers = st.integers(0, 4)
puts = st.lists(st.builds(account, numbers, cents=st.integers(0, 99)), max_size=8)
parts = st.lists(st.tuples(puts, st.booleans()), max_size=6)


@given(st.lists(numbers, unique=True), parts)
def test_the_books_are_what_the_accepted_parts_alone_would_make_them(
    known: list[int], history: list[tuple[list[Account], bool]]
) -> None:
    rows = [account(number) for number in known]
    needs = tuple(one(Account, number) for number in range(5))
    books, plain = picture(*rows, needs=needs), picture(*rows, needs=needs)
    for changes, accepted in history:
        if not accepted:
            with pytest.raises(RefusedError):
                refuse(books, *changes)
            continue
        with books.attempt():
            for row in changes:
                books.put(row)
                plain.put(row)
    for number in range(5):
        assert books.find(Account, number) == plain.find(Account, number)
    assert [(kind, rows) for kind, rows in books.changes() if rows] == list(plain.changes())


def test_rows_are_values_that_are_replaced_and_never_changed() -> None:
    before = account(1)
    after = replace(before, cents=5)
    assert (before.cents, after.cents) == (0, 5)
    with pytest.raises(AttributeError):
        before.cents = 5  # type: ignore[misc] # what the test is about
