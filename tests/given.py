"""Given facts, when a command, then facts: a service's decisions on rows in memory.

Works as the journal's writer does: a decision and a projection see the rows that they
named and no others, and may change no row that they did not name. A command also names
what its facts touch, so that a batch of them does not cost one round trip each.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self, TypeVar
from uuid import UUID

from msgspec.structs import replace

from shared.decider import Command, Need, Picture, Row
from shared.errors import Refusal
from shared.events import Event
from shared.events.payments import BankAccountConfigured, PaymentMethodConfigured
from shared.events.reconciliation import ItemsGrouped
from shared.projection import Projection, Reactions
from shared.seal import Context, Entry
from tests.facts import named

LEDGER = "given"
NOON = datetime(2025, 8, 18, 10, 0, tzinfo=UTC)
_BY = Context(actor="anna", correlation_id=UUID(int=7))
_RARE = (PaymentMethodConfigured, BankAccountConfigured, ItemsGrouped)  # one at a time
_ROUNDS_MAX = 8  # the journal gives up after as many

R = TypeVar("R", bound=Row)
E = TypeVar("E", bound=Event)


class Memory:
    """A service's tables in memory; each source's facts get their positions in order."""

    def __init__(self, projection: Projection, reactions: Reactions | None = None) -> None:
        self.entries: list[Entry] = []
        self._projection = projection
        self._reactions = reactions or Reactions()
        self._rows: dict[type[Row], dict[Hashable, Row]] = {}
        self._positions: dict[str, int] = {}

    @property
    def facts(self) -> list[Event]:
        """Return all the facts that it applied, its own and those of others."""
        return [entry.fact for entry in self.entries]

    def apply(self, *facts: Event) -> Self:
        """Let facts change the rows, and nothing else."""
        for fact in facts:
            self._enter(self._entry(fact))
        return self

    def _entry(self, fact: Event, cause: Entry | None = None) -> Entry:
        source = fact.type.partition(".")[0]
        position = self._positions[source] = self._positions.get(source, 0) + 1
        return Entry(
            service=source,
            ledger=LEDGER,
            position=position,
            entry_id=named(f"{source}/{position}"),
            recorded_at=NOON + timedelta(seconds=position),
            context=replace(_BY, causation_id=cause.entry_id) if cause else _BY,
            fact=fact,
        )

    def _enter(self, entry: Entry) -> None:
        needs = set(self._projection.needs(entry.fact))
        picture = self.picture(needs)
        self._projection.apply(picture, entry)
        self._keep(picture, needs)
        self.entries.append(entry)

    def follow(self, *facts: Event) -> list[Event]:
        """Apply another service's facts, carry out what they oblige us to, return our facts."""
        return [ours for fact in facts for ours in self.hear(self._entry(fact))]

    def hear(self, entry: Entry) -> list[Event]:
        """Apply another service's entry, carry out what it obliges us to, return our facts."""
        self._enter(entry)
        commands = self._reactions.commands(entry)
        return [fact for command in commands for fact in self.decide(command, entry)]

    def decide(self, command: Command, cause: Entry | None = None) -> list[Event]:
        """Carry out a command, which `cause` may have caused: decide, apply facts, return them."""
        picture = self.picture_of(command.needs)
        facts = command.decide(picture)
        assert not list(picture.changes()), "a decision changed a row"
        for fact in facts:
            unnamed = picture.missing(self._projection.needs(fact))
            rare = isinstance(fact, _RARE)
            assert rare or not unnamed, f"a round trip for each {fact.type}: {unnamed}"
            picture.load(unnamed, [row for need in unnamed for row in self._answer(need)])
            entry = self._entry(fact, cause)
            self._projection.apply(picture, entry)
            self._enter(entry)
        return facts

    def rows(self, kind: type[R]) -> list[R]:
        """Return every row of a kind, by key."""
        rows = self._rows.get(kind, {})
        return [rows[key] for key in sorted(rows, key=str)]  # type: ignore[misc]

    def row(self, kind: type[R], key: Hashable) -> R:
        """Return the row of a key."""
        return self._rows[kind][key]  # type: ignore[return-value]

    def tables(self) -> dict[str, list[Row]]:
        """Return every row, by the name of its kind and by key."""
        return {kind.__name__: self.rows(kind) for kind in self._rows if self._rows[kind]}

    def when(self, command: Command) -> "Then":
        """Carry out a command and keep what came of it."""
        try:
            return Then(self.decide(command), None)
        except Refusal as refusal:
            return Then([], refusal)

    def picture(self, needs: Iterable[Need]) -> Picture:
        """Return a picture of the rows of these needs."""
        wanted = list(needs)
        return self.picture_of(lambda _: wanted)

    def picture_of(self, needs: Callable[[Picture], Iterable[Need]]) -> Picture:
        """Return a picture of what is named, as the writer does: also of what is named later."""
        picture = Picture(LEDGER)
        for _ in range(_ROUNDS_MAX):
            missing = picture.missing(list(needs(picture)))
            if not missing:
                break
            picture.load(missing, [row for need in missing for row in self._answer(need)])
        assert not picture.missing(list(needs(picture))), "it never stops naming rows"
        return picture

    def _answer(self, need: Need) -> Iterator[Row]:
        for row in self._rows.get(need.row, {}).values():
            if getattr(row, need.column) == need.value:
                yield row

    def _keep(self, picture: Picture, named: set[Need]) -> None:
        for kind, rows in picture.changes():
            for row in rows:
                columns = {need.column: need.value for need in named if need.row is kind}
                key = getattr(row, kind.key)
                by_key = Need(kind, kind.key, key) in named
                by_column = any(
                    getattr(before, column) == value
                    for column, value in columns.items()
                    if (before := self._rows.get(kind, {}).get(key))
                )
                new = key not in self._rows.get(kind, {})
                assert by_key or by_column or new, f"{kind.__name__} {key} was not named"
                self._rows.setdefault(kind, {})[key] = row


@dataclass(frozen=True)
class Then:
    """What came of a command: facts, or a refusal."""

    facts: list[Event]
    refusal: Refusal | None

    def then(self, *facts: Event) -> None:
        """Hold that exactly these facts came."""
        assert self.refusal is None, self.refusal
        assert self.facts == list(facts)

    def then_nothing(self) -> None:
        """Hold that it was already so."""
        self.then()

    def then_refused(self, kind: type[Refusal], **facts: object) -> None:
        """Hold that it was refused for this reason, saying these facts at least."""
        assert type(self.refusal) is kind, self.refusal or self.facts
        said = {name: self.refusal.facts[name] for name in facts}
        assert said == facts

    def only(self, kind: type[E]) -> E:
        """Return the one fact of a kind that came."""
        assert self.refusal is None, self.refusal
        (found,) = [fact for fact in self.facts if isinstance(fact, kind)]
        return found


def given(projection: Projection, *facts: Event, reactions: Reactions | None = None) -> Memory:
    """Return a service's rows after these facts."""
    return Memory(projection, reactions).apply(*facts)
