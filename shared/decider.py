"""What a decision sees: a picture of the rows it named, and nothing else.

The invariant: a decision reads only rows that it named beforehand, and changes none.
Facts change rows, through a service's projection, so that the same function says what
a fact means when it is decided, when it is followed from Kafka and when tables are
rebuilt. Everything here is pure: no clock, no id, no I/O.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple, Protocol, TypeVar

import msgspec

from shared.events import Event


class Row(msgspec.Struct, frozen=True, gc=False):
    """One row of a service's own tables; `key` names the column that identifies it in a ledger.

    Rows refer to no other rows, so the garbage collector need not look at them.
    """

    key: ClassVar[str]

    ledger: str


R = TypeVar("R", bound=Row)
T = TypeVar("T")
_NOTHING: Mapping[Any, Any] = MappingProxyType({})


class Need(NamedTuple):
    """A wish to see the rows of one kind whose `column` has this value."""

    row: type[Row]
    column: str
    value: Hashable


def one(row: type[Row], key: Hashable) -> Need:
    """Name one row by its key."""
    return Need(row, row.key, key)


class _Fresh(Need):
    """A need that is known to find nothing."""

    __slots__ = ()


def fresh(row: type[Row], key: Hashable) -> Need:
    """Name a row that only the fact at hand can have made, so that it need not be looked for."""
    return _Fresh(row, row.key, key)


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
    What is known to be new is told apart, since it is written faster than what may be there.
    """

    def __init__(
        self,
        ledger: str,
        settings: Mapping[type[Row], Mapping[Hashable, Row]] = _NOTHING,
        seen: Iterable[Need] = (),
        remembered: "Mapping[tuple[type[Row], Hashable], Row]" = _NOTHING,
    ) -> None:
        """Begin with whole kinds of rows and the needs they answer, and with single rows."""
        self.ledger = ledger
        self._rows = {kind: dict(rows) for kind, rows in settings.items()}
        self._remembered = remembered
        self.seen = set(seen)
        self._changed: dict[type[Row], dict[Hashable, bool]] = {}  # known not to be in its table?
        self._derived: dict[type[Row], dict[Callable[[Picture], Any], Any]] = {}
        self._undo: list[tuple[type[Row], Hashable, Row | None, bool]] | None = None

    def missing(self, needs: Iterable[Need]) -> set[Need]:
        """Return those needs whose rows have not been loaded yet, under this need or another.

        A fresh row counts as looked for, and not there.
        """
        found: set[Need] = set()
        for need in set(needs) - self.seen:
            if not self._held(need):
                (self.seen if isinstance(need, _Fresh) else found).add(need)
        return found

    def _held(self, need: Need) -> bool:
        """Say whether the row is at hand; what is remembered becomes ours, for as long as we are.

        The writer may forget it while somebody still looks at this picture for an answer.
        """
        kind, column, key = need
        if column != kind.key:
            return False
        rows = self._rows.get(kind, _NOTHING)
        if key not in rows and (row := self._remembered.get((kind, key))):
            self._rows.setdefault(kind, {})[key] = row
            return True
        return key in rows

    def load(self, needs: Iterable[Need], rows: Iterable[Row]) -> None:
        """Take rows just read for these needs; rows that facts already changed stay as they are."""
        self.seen.update(needs)
        self._derived.clear()
        for row in rows:
            self._rows.setdefault(type(row), {}).setdefault(getattr(row, row.key), row)

    def find(self, row: type[R], key: Hashable) -> R | None:
        """Return the row of that key, or None when the ledger has none.

        Raises NotLoadedError when nobody named it.
        """
        found = self._rows.get(row, _NOTHING).get(key) or self._remembered.get((row, key))
        if found is None and Need(row, row.key, key) not in self.seen:
            raise NotLoadedError(row.__name__, key)
        return found  # type: ignore[return-value]

    def where(self, row: type[R], column: str, value: Hashable) -> list[R]:
        """Return the rows with this value in a column, in the order of their keys."""
        if Need(row, column, value) not in self.seen:
            raise NotLoadedError(row.__name__, column, value)
        rows = self._rows.get(row, {})
        found: list[Any] = [item for item in rows.values() if getattr(item, column) == value]
        return sorted(found, key=lambda item: getattr(item, row.key))

    def derived(self, row: type[Row], make: "Callable[[Picture], T]") -> T:
        """Return what `make` makes of the rows of one kind; made again once one of them changed."""
        made = self._derived.setdefault(row, {})
        if make not in made:
            made[make] = make(self)
        found: T = made[make]
        return found

    def put(self, row: Row) -> None:
        """Replace the row of the same key, or add it."""
        kind, key = type(row), getattr(row, row.key)
        rows = self._rows.setdefault(kind, {})
        before = rows.get(key)
        self._derived.pop(kind, None)
        changed = self._changed.setdefault(kind, {})
        was_changed = key in changed
        if self._undo is not None:
            self._undo.append((kind, key, before, was_changed))
        rows[key] = row
        if not was_changed:
            changed[key] = before is None and Need(kind, row.key, key) in self.seen

    def is_new(self, row: Row) -> bool:
        """Say whether a changed row is known not to be in its table."""
        return self._changed.get(type(row), {}).get(getattr(row, row.key), False)

    def changes(self) -> Iterator[tuple[type[Row], list[Row]]]:
        """Yield per kind the rows that facts added or replaced."""
        for kind, keys in self._changed.items():
            yield kind, [self._rows[kind][key] for key in keys]

    def rows(self) -> Iterable[tuple[type[Row], dict[Hashable, Row]]]:
        """Return per kind the rows that were read or changed, by their keys."""
        return self._rows.items()

    def attempt(self) -> "Attempt":
        """Take back every `put` of the block if it raises."""
        return Attempt(self)

    def begin_attempt(self) -> None:
        """Note from now on what rows were before."""
        self._undo = []

    def end_attempt(self, *, take_back: bool) -> None:
        """Let what was done since the beginning stand, or take it back."""
        undo, self._undo = self._undo or [], None
        for kind, key, before, was_changed in reversed(undo if take_back else []):
            self._derived.pop(kind, None)
            if before is None:
                del self._rows[kind][key]
            else:
                self._rows[kind][key] = before
            if not was_changed:
                del self._changed[kind][key]


class Attempt:
    """A block that changes a picture, or leaves it as it was when it raises."""

    __slots__ = ("_picture",)

    def __init__(self, picture: Picture) -> None:
        self._picture = picture

    def __enter__(self) -> None:
        self._picture.begin_attempt()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._picture.end_attempt(take_back=kind is not None)


class Command(Protocol):
    """What somebody asks for: it names the rows it reads, and decides on them."""

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name the rows; asked again, with what was loaded, until it names nothing new."""
        ...

    def decide(self, picture: Picture) -> list[Event]:
        """Return the facts, `[]` when it is already so, or raise the Refusal."""
        ...
