"""What a decision sees: a picture of the rows it named, and nothing else.

The invariant: a decision reads only rows that it named beforehand, and changes none.
Facts change rows, through a service's projection, so that the same function says what
a fact means when it is decided, when it is followed from Kafka and when tables are
rebuilt. Everything here is pure: no clock, no id, no I/O.
"""

from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol, TypeVar

from shared.events import Event


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a service's own tables; `key` names the column that identifies it in a ledger."""

    key: ClassVar[str]

    ledger: str


R = TypeVar("R", bound=Row)


class Need(NamedTuple):
    """A wish to see the rows of one kind whose `column` has this value."""

    row: type[Row]
    column: str
    value: Hashable


def one(row: type[Row], key: Hashable) -> Need:
    """Name one row by its key."""
    return Need(row, row.key, key)


def those(row: type[Row], column: str, value: Hashable) -> Need:
    """Name all rows with this value in a column."""
    return Need(row, column, value)


def every(row: type[Row], ledger: str) -> Need:
    """Name all rows of a small table of settings."""
    return Need(row, "ledger", ledger)


class NotLoadedError(LookupError):
    """A decision looked at a row it had not named: a defect of its `needs`."""


class Picture:
    """The rows of one ledger that a batch of commands or facts needs.

    Loaded together, changed in memory by facts, written back together. `put` replaces a
    row by a new one, since rows are frozen; `attempt` takes back what a refused part did.
    """

    def __init__(self, ledger: str) -> None:
        self.ledger = ledger
        self._rows: dict[type[Row], dict[Hashable, Row]] = {}
        self._seen: set[Need] = set()
        self._changed: dict[type[Row], dict[Hashable, None]] = {}
        self._undo: list[tuple[type[Row], Hashable, Row | None, bool]] | None = None

    def missing(self, needs: Iterable[Need]) -> set[Need]:
        """Return those needs whose rows have not been loaded yet, under this need or another."""
        return {need for need in needs if need not in self._seen and not self._held(need)}

    def _held(self, need: Need) -> bool:
        return need.column == need.row.key and need.value in self._rows.get(need.row, ())

    def load(self, needs: Iterable[Need], rows: Iterable[Row]) -> None:
        """Take rows just read for these needs; rows that facts already changed stay as they are."""
        self._seen.update(needs)
        for row in rows:
            self._rows.setdefault(type(row), {}).setdefault(getattr(row, row.key), row)

    def find(self, row: type[R], key: Hashable) -> R | None:
        """Return the row of that key, or None when the ledger has none.

        Raises NotLoadedError when nobody named it.
        """
        found = self._rows.get(row, {}).get(key)
        if found is None and Need(row, row.key, key) not in self._seen:
            raise NotLoadedError(row.__name__, key)
        return found  # type: ignore[return-value]

    def where(self, row: type[R], column: str, value: Hashable) -> list[R]:
        """Return the rows with this value in a column, in the order of their keys."""
        if Need(row, column, value) not in self._seen:
            raise NotLoadedError(row.__name__, column, value)
        rows = self._rows.get(row, {})
        found: list[Any] = [item for item in rows.values() if getattr(item, column) == value]
        return sorted(found, key=lambda item: getattr(item, row.key))

    def put(self, row: Row) -> None:
        """Replace the row of the same key, or add it."""
        kind, key = type(row), getattr(row, row.key)
        rows = self._rows.setdefault(kind, {})
        changed = self._changed.setdefault(kind, {})
        if self._undo is not None:
            self._undo.append((kind, key, rows.get(key), key in changed))
        rows[key] = row
        changed[key] = None

    def changes(self) -> Iterator[tuple[type[Row], list[Row]]]:
        """Yield per kind the rows that facts added or replaced."""
        for kind, keys in self._changed.items():
            yield kind, [self._rows[kind][key] for key in keys]

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Take back every `put` of the block if it raises."""
        undo: list[tuple[type[Row], Hashable, Row | None, bool]] = []
        self._undo = undo
        try:
            yield
        except BaseException:
            self._take_back(undo)
            raise
        finally:
            self._undo = None

    def _take_back(self, undo: list[tuple[type[Row], Hashable, Row | None, bool]]) -> None:
        for kind, key, before, was_changed in reversed(undo):
            if before is None:
                del self._rows[kind][key]
            else:
                self._rows[kind][key] = before
            if not was_changed:
                del self._changed[kind][key]


class Command(Protocol):
    """What somebody asks for: it names the rows it reads, and decides on them."""

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the rows; asked again, with what was loaded, until it names nothing new."""
        ...

    def decide(self, picture: Picture) -> list[Event]:
        """Return the facts, `[]` when it is already so, or raise the Refusal."""
        ...
