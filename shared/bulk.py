"""Many things in one request: each by itself, or all or none; order kept.

Each item names itself with its id, so that the whole request can be sent again: what was
accepted before is `unchanged`.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal, NamedTuple
from uuid import UUID

from pydantic import BaseModel, Field, ValidationError

from shared.chains import EntryTooLarge
from shared.decider import Command, Picture
from shared.errors import Malformed, Refusal
from shared.journal import Journal
from shared.problems import plain_error
from shared.seal import Context
from shared.units import Commands, SeveralRefused
from shared.web import Body, Out

_PART = 500  # items that go to the writer together; others may come in between


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

    async def carry_out(self, body: BulkIn) -> BulkOut:
        """Carry out a request; raise SeveralRefused where all were to be accepted or none."""
        named: dict[int, Named] = {}
        malformed: dict[int, Refusal] = {}
        for index, item in enumerate(body.items):
            try:
                named[index] = self.reading.item(item)
            except ValidationError as error:
                malformed[index] = Malformed(errors=[plain_error(e) for e in error.errors()])
            except Refusal as refusal:
                malformed[index] = refusal
        if body.mode == "all":
            if malformed:
                raise SeveralRefused(malformed)
            return _out(await self._submit(list(named.items()), each=False))
        places = list(named.items())
        parts = [places[start : start + _PART] for start in range(0, len(places), _PART)]
        found = await asyncio.gather(*map(self._each, parts))
        outcomes = [_refused(index, None, refusal) for index, refusal in malformed.items()]
        return _out([*outcomes, *(outcome for part in found for outcome in part)])

    async def _each(self, part: Sequence[tuple[int, Named]]) -> list[BulkOutcome]:
        """Carry out a part; one that would make too large an entry harms no neighbour."""
        try:
            return await self._submit(part, each=True)
        except EntryTooLarge as refusal:
            if len(part) == 1:
                index, item = part[0]
                return [_refused(index, item.id, refusal)]
            middle = len(part) // 2
            return [*await self._each(part[:middle]), *await self._each(part[middle:])]

    async def _submit(self, part: Sequence[tuple[int, Named]], *, each: bool) -> list[BulkOutcome]:
        commands = [item.command for _, item in part]
        done = await self.journal.submit(Commands(self.ledger, commands, self.context, each))
        written = {entry.fact.stream().rpartition("/")[2] for entry in done.entries}
        outcomes = []
        for place, (index, item) in enumerate(part):
            if refusal := done.refusals.get(place):
                outcomes.append(_refused(index, item.id, refusal))
                continue
            name = str(item.id)
            outcome: Literal["accepted", "unchanged"] = "unchanged"
            if name in written:
                written.remove(name)  # named again in the same request, it changes nothing
                outcome = "accepted"
            number = self.reading.number(done.picture, item.id)
            outcomes.append(BulkOutcome(index=index, id=item.id, outcome=outcome, number=number))
        return outcomes


def _refused(index: int, item_id: UUID | None, refusal: Refusal) -> BulkOutcome:
    return BulkOutcome(index=index, id=item_id, outcome="refused", problem=refusal.problem())


def _out(outcomes: list[BulkOutcome]) -> BulkOut:
    counts = {"accepted": 0, "unchanged": 0, "refused": 0}
    for outcome in outcomes:
        counts[outcome.outcome] += 1
    return BulkOut(outcomes=sorted(outcomes, key=attrgetter("index")), **counts)


class _Name(BaseModel):
    id: UUID


def split_name(item: dict[str, Any]) -> tuple[UUID, dict[str, Any]]:
    """Return an item's id and the rest of it; raise ValidationError when the id is none."""
    rest = {name: value for name, value in item.items() if name != "id"}
    return _Name.model_validate({"id": item.get("id")}).id, rest
