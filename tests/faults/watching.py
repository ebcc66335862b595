"""Watching a plant: how it is seen to be well again.

Well means: every process that is not away says it is ready, no follower has stopped, all that
stood in any journal when the fault ended is applied by everybody who follows it, and the
importing client's payments are acknowledged again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from cli.client import FOLLOWED
from tests.books import PLAIN_HTTP
from tests.faults.client import ImportingClient
from tests.faults.plant import Plant

WELL_SECONDS = 180.0
_ANSWERS = 5
_POLL_SECONDS = 0.05


@dataclass
class Watch:
    """Sees one plant and one importing client from outside."""

    plant: Plant
    importer: ImportingClient

    def __post_init__(self) -> None:
        headers = {"authorization": f"Bearer {self.plant.token(self.importer.ledger)}"}
        self.http = httpx.AsyncClient(timeout=10, headers=headers, verify=PLAIN_HTTP)

    async def until(
        self, condition: Callable[[], Awaitable[bool]], what: str, seconds: float = WELL_SECONDS
    ) -> None:
        """Wait for a condition; raise AssertionError when it does not come true in time."""
        try:
            async with asyncio.timeout(seconds):
                while not await condition():
                    self.importer.check()
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError:
            raise AssertionError(f"after {seconds:.0f} s it was not so that {what}") from None

    async def some_work(self, answers: int = _ANSWERS, seconds: float = WELL_SECONDS) -> None:
        """Wait until some more payments of the client were acknowledged."""
        wanted = self.importer.notes.count() + answers

        async def answered() -> bool:
            return self.importer.notes.count() >= wanted

        await self.until(answered, "the client's payments were acknowledged", seconds)

    async def wait_until_well(self) -> None:
        """Wait for everything that the module's docstring names."""
        await self.until(self.all_ready, "all are ready")
        goal = await self.heads()

        async def applied() -> bool:
            return await self.applied(goal)

        await self.until(applied, "everything is applied everywhere")
        await self.until(self.all_ready, "all stay ready")
        await self.some_work()

    async def all_ready(self) -> bool:
        reports = [await self.report(name) for name in self.plant.processes]
        return all(report.get("ready", False) for report in reports)

    async def report(self, name: str) -> dict[str, Any]:
        """Return what a process says of itself; nothing if it does not answer."""
        try:
            answer = await self.http.get(f"{self.plant.url(name)}/readyz")
            return dict(orjson.loads(answer.content))
        except (httpx.TransportError, ValueError):
            return {}

    async def heads(self) -> dict[str, int]:
        """Return where the journal of each service that is not away ends."""
        positions = {name: await self.positions(name) for name in self.plant.services}
        return {name: found["position"] for name, found in positions.items()}

    async def applied(self, goal: dict[str, int]) -> bool:
        """Say whether everybody has applied the others' journals up to these positions."""
        for name in self.plant.services:
            followed = (await self.positions(name))["followed"]
            for source in FOLLOWED[name]:
                if followed.get(source, 0) < goal.get(source, 0):
                    return False
        return True

    async def positions(self, service: str) -> dict[str, Any]:
        url = f"{self.plant.url(service)}/v1/ledgers/{self.importer.ledger}/positions"
        while True:
            try:
                answer = await self.http.get(url)
            except httpx.TransportError:
                await asyncio.sleep(_POLL_SECONDS)
                continue
            if answer.is_success:
                return dict(answer.json())
            assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE, answer.text
            await asyncio.sleep(_POLL_SECONDS)
