"""If these failed, a fact that can't be applied would be passed over, or stop the others."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import accumulate
from typing import Any

import orjson
import pytest

from shared import bus
from shared.decider import Command
from shared.events.invoicing import CustomerRegistered, NumberingConfigured
from shared.projection import Reactions
from shared.seal import Entry, SealedEntry
from shared.telemetry import Metrics
from tests.shared.following import applied, written
from tests.shared.notes import Break, Put, names
from tests.shared.shelf import Shelf, put, running, until
from tests.shared.topic import Topic


def _with(entry: SealedEntry, change: Callable[[dict[str, Any]], object]) -> SealedEntry:
    """Return an entry whose envelope was changed, with the hash that fits."""
    envelope = orjson.loads(entry.sealed)
    change(envelope)
    sealed = orjson.dumps(envelope, option=orjson.OPT_SORT_KEYS)
    return replace(entry, sealed=sealed, hash=hashlib.sha256(sealed).digest())


def _after(previous: SealedEntry, entry: SealedEntry) -> SealedEntry:
    """Return an entry that follows another than it did."""
    return _with(entry, lambda raw: raw.update(previous_hash=previous.hash.hex()))


Raw = tuple[bytes, bytes, bus.Headers]


def _raw(entry: SealedEntry, value: bytes | None = None) -> Raw:
    return entry.ledger.encode(), value or entry.sealed, bus.headers(entry)


def _no_json(entry: SealedEntry) -> Raw:
    text = entry.sealed[:-1]
    headers = dict(bus.headers(entry)) | {"ce_hash": hashlib.sha256(text).hexdigest().encode()}
    return entry.ledger.encode(), text, list(headers.items())


BAD: dict[str, Callable[[SealedEntry], Raw]] = {
    "not JSON": _no_json,
    "not an envelope": lambda _e: (
        b"demo",
        b"[]",
        [("ce_hash", hashlib.sha256(b"[]").hexdigest().encode())],
    ),
    "other bytes than the hash says": lambda e: _raw(e, e.sealed.replace(b"n3", b"n4")),
    "no hash": lambda e: (b"demo", e.sealed, []),
    "another service's": lambda e: _raw(_with(e, lambda raw: raw.update(service="payments"))),
    "data that don't fit": lambda e: _raw(_with(e, lambda raw: raw["data"].pop("template"))),
    "another type's data": lambda e: _raw(
        _with(e, lambda raw: raw.update(type=CustomerRegistered.type, data={"code": 5}))
    ),
    "a position that is none": lambda e: _raw(_with(e, lambda raw: raw.update(position="4"))),
    "text no database keeps": lambda e: _raw(
        _with(e, lambda raw: raw["data"].update(template="\x00"))
    ),
}
ONLY_KNOWN_TO_SOME = {"another type's data"}  # this reader does not know customers: no matter


@pytest.mark.parametrize("bad", [name for name in BAD if name not in ONLY_KNOWN_TO_SOME])
async def test_an_unusable_fact_stops_the_follower_right_before_it(
    owner: Shelf, reader: Shelf, bad: str
) -> None:
    entries = await written(owner, 6)
    await Topic.of(owner).send_raw(
        [*map(_raw, entries[:3]), BAD[bad](entries[3]), _raw(entries[4])]
    )
    metrics = Metrics()
    follower = reader.follower(owner.name, await reader.writing(), metrics)
    async with running(follower.run_forever()):
        await until(lambda: follower.stopped)
    assert "offset 3" in (follower.stopped or "")
    assert not follower.connected
    assert metrics.registry.get_sample_value("follower_stopped", {"source": owner.name}) == 1
    assert await reader.checkpoint(owner.name) == 3
    assert await reader.notes() == dict.fromkeys([*names(3), *names(3, "copy of n")], 1)


async def test_a_fact_of_a_type_we_do_not_know_is_passed_over(owner: Shelf, reader: Shelf) -> None:
    entries = await written(owner, 4)
    unknown = _with(entries[1], lambda raw: raw.update(type="invoicing.something-new.v1"))
    await Topic.of(owner).send([entries[0], *accumulate([unknown, *entries[2:]], _after)])
    async with running(reader.follower(owner.name, await reader.writing()).run_forever()):
        await applied(reader, owner, 4)
    assert len(await reader.entries()) == 3


def _reacting(answer: Command) -> Reactions:
    reactions = Reactions()

    @reactions.on(NumberingConfigured)
    def react(_entry: Entry, fact: NumberingConfigured) -> Iterable[Command]:
        yield answer if fact.series == "n3" else Put(f"copy of {fact.series}")

    return reactions


@pytest.mark.parametrize("answer", [Put("n0", "another text"), Break()], ids=["refused", "broken"])
async def test_a_reaction_that_fails_stops_the_follower_right_before_its_fact(
    owner: Shelf, reader: Shelf, answer: Command
) -> None:
    await Topic.of(owner).send(await written(owner, 6))
    reader.reactions = _reacting(answer)
    journal = await reader.writing()
    follower = reader.follower(owner.name, journal)
    async with running(follower.run_forever()):
        await until(lambda: follower.stopped)
        await put(journal, ["of a caller"])
    assert await reader.checkpoint(owner.name) == 3
    assert await reader.notes() == dict.fromkeys(
        [*names(3), *names(3, "copy of n"), "of a caller"], 1
    )
