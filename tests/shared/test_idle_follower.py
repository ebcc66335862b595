"""If these failed, a stack where nothing happens would keep its machine busy."""

import asyncio
from typing import Any

import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.fetch import FetchRequest

from tests.shared.following import applied, written
from tests.shared.shelf import Shelf, running
from tests.shared.topic import Topic


async def test_a_follower_with_nothing_to_do_leaves_the_broker_in_peace(
    owner: Shelf, reader: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, send = [], AIOKafkaClient.send

    async def noted(client: AIOKafkaClient, node: int, request: object, **named: Any) -> object:
        asked.extend([request] if isinstance(request, FetchRequest) else [])
        return await send(client, node, request, **named)

    monkeypatch.setattr(AIOKafkaClient, "send", noted)
    await Topic.of(owner).send(await written(owner, 1))
    async with running(reader.follower(owner.name, await reader.writing()).run_forever()):
        await applied(reader, owner, 1)
        await asyncio.sleep(1)
        asked.clear()
        await asyncio.sleep(2)
    assert 2 <= len(asked) <= 6
