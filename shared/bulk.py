"""Many things in one request: each by itself, or all or none; order kept.

Each item names itself with its id, so that the whole request can be sent again: what was
accepted before is `unchanged`.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Literal, NamedTuple
from uuid import UUID

from pydantic import BaseModel, Field, ValidationError

from shared.decider import Command, Picture
from shared.errors import Malformed, Refusal
from shared.journal import Commands, Journal, Outcome, SeveralRefused
from shared.problems import plain_error
from shared.seal import Context
from shared.web import Body, Out


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


async def carry_out(
    journal: Journal, ledger: str, context: Context, body: BulkIn, reading: Reading
) -> BulkOut:
    """Carry out a bulk request; raise SeveralRefused where all were to be accepted or none."""
    items = [_read(item, reading) for item in body.items]
    if body.mode == "all":
        malformed = {i: item for i, item in enumerate(items) if isinstance(item, Refusal)}
        if malformed:
            raise SeveralRefused(malformed)
        named = [item for item in items if isinstance(item, Named)]
        commands = [item.command for item in named]
        done = await journal.submit(Commands(ledger, commands, context))
        written = _written(done)
        return _out([_accepted(i, item, done, written, reading) for i, item in enumerate(named)])

    async def one(item: Named | Refusal) -> Outcome | BaseException:
        if isinstance(item, Refusal):
            return item
        return await journal.submit(Commands(ledger, (item.command,), context))

    results = await asyncio.gather(*map(one, items), return_exceptions=True)
    pairs = zip(items, results, strict=True)
    return _out([_outcome(i, item, found, reading) for i, (item, found) in enumerate(pairs)])


def _read(item: dict[str, Any], reading: Reading) -> Named | Refusal:
    try:
        return reading.item(item)
    except ValidationError as error:
        return Malformed(errors=[plain_error(e) for e in error.errors()])
    except Refusal as refusal:
        return refusal


def _outcome(
    index: int, item: Named | Refusal, result: Outcome | BaseException, reading: Reading
) -> BulkOutcome:
    if isinstance(result, Refusal):
        item_id = item.id if isinstance(item, Named) else None
        return BulkOutcome(index=index, id=item_id, outcome="refused", problem=result.problem())
    if isinstance(result, BaseException):
        raise result
    assert isinstance(item, Named)
    return _accepted(index, item, result, _written(result), reading)


def _written(done: Outcome) -> frozenset[str]:
    """Return the ids of what the entries are about."""
    return frozenset(entry.fact.stream().rpartition("/")[2] for entry in done.entries)


def _accepted(
    index: int, item: Named, done: Outcome, written: frozenset[str], reading: Reading
) -> BulkOutcome:
    return BulkOutcome(
        index=index,
        id=item.id,
        outcome="accepted" if str(item.id) in written else "unchanged",
        number=reading.number(done.picture, item.id),
    )


def _out(outcomes: list[BulkOutcome]) -> BulkOut:
    counts = {"accepted": 0, "unchanged": 0, "refused": 0}
    for outcome in outcomes:
        counts[outcome.outcome] += 1
    return BulkOut(outcomes=outcomes, **counts)


class _Name(BaseModel):
    id: UUID


def split_name(item: dict[str, Any]) -> tuple[UUID, dict[str, Any]]:
    """Return an item's id and the rest of it; raise ValidationError when the id is none."""
    rest = {name: value for name, value in item.items() if name != "id"}
    return _Name.model_validate({"id": item.get("id")}).id, rest
