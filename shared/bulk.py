"""Many things in one request: each by itself, or all or none; order kept.

Each item names itself with its id, so that the whole request can be sent again: what was
accepted before is `unchanged`.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Any, Literal, NamedTuple
from uuid import UUID

import orjson
from pydantic import BaseModel, Field, ValidationError

from shared.chains import EntryTooLarge
from shared.decider import Command, Picture
from shared.errors import Malformed, Refusal
from shared.ids import quick_id
from shared.journal import Journal
from shared.problems import plain_error
from shared.seal import Context
from shared.units import Commands, SeveralRefused
from shared.web import Body, Out

_PART = 500  # items that go to the writer together
_WAITING = 2  # parts of one request at a time: others come in between, and one is never late


class BulkIn(Body):
    """Up to 10,000 items; `each` accepts or refuses every one by itself, `all` all or none."""

    mode: Literal["each", "all"] = "each"
    items: list[dict[str, Any]] = Field(
        min_length=1, max_length=10_000, description="As single requests carry them, with their id"
    )


class BulkOutcome(Out):
    """What became of one item."""

    index: int
    id: UUID | None
    outcome: Literal["accepted", "unchanged", "refused"]
    number: str | None = None
    problem: dict[str, Any] | None = None


class BulkOut(Out):
    """What became of each item, in the order of the request."""

    accepted: int
    unchanged: int
    refused: int
    outcomes: list[BulkOutcome]


class Named(NamedTuple):
    """An item's id and the command it asks for."""

    id: UUID
    command: Command


Place = tuple[int, Named]
"""An item and where it stands in the request."""

Outcome = dict[str, Any]
"""What `BulkOutcome` publishes, as it is written: a model for each would cost more."""


class Reading(NamedTuple):
    """How a service reads an item, and which number it shows for what became of it."""

    item: Callable[[dict[str, Any]], Named]
    number: Callable[[Picture, UUID], str | None]


@dataclass(frozen=True, slots=True)
class Bulk:
    """A bulk request at work: where, for whom, and how its items are read."""

    journal: Journal
    ledger: str
    context: Context
    reading: Reading

    async def carry_out(self, body: BulkIn) -> bytes:
        """Carry out a request; return the JSON of `BulkOut`, or raise SeveralRefused."""
        named, malformed = self._read(body.items)
        if body.mode == "all":
            if malformed:
                raise SeveralRefused(malformed)
            return _answer(await self._submit(named, each=False))
        parts = [named[start : start + _PART] for start in range(0, len(named), _PART)]
        turns = asyncio.Semaphore(_WAITING)

        async def in_turn(part: Sequence[Place]) -> list[Outcome]:
            async with turns:
                return await self._each(part)

        found = await asyncio.gather(*map(in_turn, parts))
        refused = [_outcome(index, None, "refused", None, r) for index, r in malformed.items()]
        return _answer(list(chain(refused, *found)))

    def _read(self, items: Sequence[dict[str, Any]]) -> tuple[list[Place], dict[int, Refusal]]:
        """Return what each item asks for, and by index what is malformed."""
        named: list[Place] = []
        malformed: dict[int, Refusal] = {}
        for index, item in enumerate(items):
            try:
                named.append((index, self.reading.item(item)))
            except ValidationError as error:
                malformed[index] = Malformed(errors=[plain_error(e) for e in error.errors()])
            except Refusal as refusal:
                malformed[index] = refusal
        return named, malformed

    async def _each(self, part: Sequence[Place]) -> list[Outcome]:
        """Carry out a part; one that would make too large an entry harms no neighbour."""
        try:
            return await self._submit(part, each=True)
        except EntryTooLarge as refusal:
            if len(part) == 1:
                index, item = part[0]
                return [_outcome(index, str(item.id), "refused", None, refusal)]
            middle = len(part) // 2
            return [*await self._each(part[:middle]), *await self._each(part[middle:])]

    async def _submit(self, part: Sequence[Place], *, each: bool) -> list[Outcome]:
        commands = [item.command for _, item in part]
        done = await self.journal.submit(Commands(self.ledger, commands, self.context, each))
        written = {entry.stream.rpartition("/")[2] for entry in done.entries}
        outcomes = []
        for place, (index, item) in enumerate(part):
            name = str(item.id)
            if refusal := done.refusals.get(place):
                outcomes.append(_outcome(index, name, "refused", None, refusal))
                continue
            number = self.reading.number(done.picture, item.id)
            became = "accepted" if name in written else "unchanged"
            outcomes.append(_outcome(index, name, became, number))
            written.discard(name)  # named again in the same request, it changes nothing
        return outcomes


def _outcome(
    index: int, name: str | None, became: str, number: str | None, refusal: Refusal | None = None
) -> Outcome:
    return {
        "index": index,
        "id": name,
        "outcome": became,
        "number": number,
        "problem": refusal.problem() if refusal else None,
    }


def _answer(outcomes: list[Outcome]) -> bytes:
    outcomes.sort(key=itemgetter("index"))
    counts = {"accepted": 0, "unchanged": 0, "refused": 0}
    for outcome in outcomes:
        counts[outcome["outcome"]] += 1
    return orjson.dumps({**counts, "outcomes": outcomes})


class _Name(BaseModel):
    id: UUID


def split_name(item: dict[str, Any]) -> tuple[UUID, dict[str, Any]]:
    """Return an item's id and the rest of it; raise ValidationError when the id is none."""
    rest = dict(item)
    name = _Name.model_validate({"id": rest.pop("id", None)}).id
    return quick_id(name), rest
