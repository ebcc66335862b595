"""If this failed, a broker that went away for a second could end a follower without a word."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from tests.shared.following import applied, written
from tests.shared.shelf import Shelf, running
from tests.shared.topic import Topic


async def test_a_consumer_that_gives_nothing_is_opened_anew(
    owner: Shelf, reader: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As aiokafka's consumer does when its own task of fetching has ended."""
    monkeypatch.setattr("shared.follower._STILL_SECONDS", 0.5)
    opened: list[AIOKafkaConsumer] = []
    getmany = AIOKafkaConsumer.getmany

    async def silent_at_first(consumer: AIOKafkaConsumer, **asked: Any) -> Any:
        if consumer not in opened:
            opened.append(consumer)
        if consumer is not opened[0]:
            return await getmany(consumer, **asked)
        await asyncio.sleep(0.01)
        return {}

    monkeypatch.setattr(AIOKafkaConsumer, "getmany", silent_at_first)
    await Topic.of(owner).send(await written(owner, 3))
    follower = reader.follower(owner.name, await reader.writing())
    async with running(follower.run_forever()):
        await applied(reader, owner, 3)
    assert len(opened) > 1
    assert follower.stopped is None


async def _never_returns() -> None:
    await asyncio.sleep(3_600)


async def _breaks() -> None:
    raise RuntimeError("the handler is closed")


@pytest.mark.parametrize("trouble", [_never_returns, _breaks])
@pytest.mark.parametrize("call", ["start", "end_offsets", "getmany", "stop"])
async def test_a_call_that_never_returns_or_breaks_ends_nothing(
    owner: Shelf,
    reader: Shelf,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    trouble: Callable[[], Awaitable[None]],
) -> None:
    """As aiokafka's do when they wait for a task that has ended; in a campaign one did for good.

    Or when they write to a connection that was closed: uvloop says so in a RuntimeError.
    """
    monkeypatch.setattr("shared.bus.CALL_SECONDS_MAX", 1.5)
    monkeypatch.setattr("shared.bus._TIMEOUT_SECONDS", 0.5)
    monkeypatch.setattr("shared.follower._STILL_SECONDS", 0.5)
    opened: list[AIOKafkaConsumer] = []
    methods = {name: getattr(AIOKafkaConsumer, name) for name in {"getmany", call}}

    def hanging(name: str) -> Any:
        async def called(consumer: AIOKafkaConsumer, *args: Any, **named: Any) -> Any:
            if consumer not in opened:
                opened.append(consumer)
            if consumer is not opened[0]:
                return await methods[name](consumer, *args, **named)
            if name == call:
                if call == "stop":
                    await methods["stop"](consumer)  # so that this test leaves nothing open
                await trouble()
            return {}  # and so it is opened anew

        return called

    for name in methods:
        monkeypatch.setattr(AIOKafkaConsumer, name, hanging(name))
    await Topic.of(owner).send(await written(owner, 3))
    follower = reader.follower(owner.name, await reader.writing())
    async with running(follower.run_forever()):
        await applied(reader, owner, 3)
    assert len(opened) > 1


async def test_a_follower_that_is_told_to_stop_while_a_consumer_closes_stops(
    owner: Shelf, reader: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As aiokafka closes: it waits for tasks that it cancelled, and for no other reason."""
    monkeypatch.setattr("shared.follower._COMPARE_SECONDS", 0.0)
    closing = asyncio.Event()
    stop = AIOKafkaConsumer.stop

    async def slowly(consumer: AIOKafkaConsumer) -> None:
        closing.set()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(1)
        await stop(consumer)

    await Topic.of(owner).send(await written(owner, 3))
    follower = reader.follower(owner.name, await reader.writing())
    following = asyncio.create_task(follower.run_forever())
    await applied(reader, owner, 3)
    monkeypatch.setattr(AIOKafkaConsumer, "stop", slowly)
    await closing.wait()
    following.cancel()
    done, _ = await asyncio.wait({following}, timeout=10)
    following.cancel()
    assert done
