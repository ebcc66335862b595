"""Twice as much as can be done: what can't be answered in time is refused, nothing is lost."""

import asyncio
import json
import resource
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil

from deploy.local.ports import HOST
from tests.faults.kills import at_some_moment
from tests.faults.notebook import Asked, Notebook
from tests.faults.proving import prove_ledger
from tests.faults.registry import Scene, fault

_MEASURED_SECONDS = 5
_MEASURED_CONNECTIONS = 512  # more go into one commit, and so the rate is the highest there is
_CONNECTIONS_MAX = 8_000
_CUSTOMERS = 100
_REQUESTS_MAX = 100_000  # what is recorded has to be proven afterwards
_WAIT_SECONDS_MAX = 5.0  # from a request's moment to its acknowledgement
_GROWTH_MIB_MAX = 300
_RECOVERED_SECONDS_MAX = 5.0
_SOON_SECONDS = 0.5
_KNOWN = {"201", "429", "503"}


@dataclass(frozen=True, slots=True)
class Books:
    """Books of its own to flood, so that the importing client's stay as they are."""

    scene: Scene
    folder: Path
    customers: tuple[str, ...]

    @property
    def ledger(self) -> str:
        return self.folder.name

    async def put(self, service: str, path: str, body: Mapping[str, Any]) -> httpx.Response:
        url = f"{self.scene.plant.url(service)}/v1/ledgers/{self.ledger}{path}"
        headers = {"authorization": f"Bearer {self.scene.plant.token(self.ledger)}"}
        return await self.scene.watch.http.put(url, json=body, headers=headers, timeout=60)

    async def open(self) -> None:
        """Name customers and an account, and wait until payments knows them."""
        account = {"label": "CIC", "account": "51210000", "journal_code": "CIC"}
        for number, customer in enumerate(self.customers):
            card = {"code": f"C{number}", "name": "Durand", "kind": "societe"}
            await self.put("invoicing", f"/customers/{customer}", card)
        await self.put("payments", "/bank-accounts/CIC", account)
        config = {
            "ledger": self.ledger,
            "customers": self.customers,
            "token": self.scene.plant.token(self.ledger),
            "host": HOST,
            "port": self.scene.plant.port("payments"),
        }
        self.folder.mkdir(parents=True)
        (self.folder / "config.json").write_text(json.dumps(config))
        await self.scene.watch.until(self.pays, "the customers are known to payments")

    async def pays(self) -> bool:
        """Record one payment by itself; say whether it was taken."""
        body = {"customer_id": self.customers[-1], "amount": "1.00", "received_on": "2025-08-19"}
        name = str(uuid4())
        Notebook(self.folder).ask([Asked("payment", name, body)])
        return (await self.put("payments", f"/payments/{name}", body)).is_success

    async def flood(self, *, rate: float, seconds: float, connections: int) -> dict[str, Any]:
        """Flood from a process of its own; return what came of it."""
        command = [sys.executable, "-m", "tests.faults.flooding", str(self.folder)]
        options = {"rate": rate, "seconds": seconds, "connections": connections}
        command += [f"--{name}={value}" for name, value in options.items()]
        run = subprocess.run
        done = await asyncio.to_thread(run, command, capture_output=True, text=True, check=True)
        outcome: dict[str, Any] = json.loads(done.stdout)
        return outcome


@fault(
    "twice the capacity",
    does="Measure the capacity, then ask for twice as much for 60 s (10 s in a short run).",
    meanwhile="429 or 503 with Retry-After; memory and waiting stay bounded; nothing is lost",
    rare=True,
    last=True,
)
async def overload(scene: Scene) -> None:
    await at_some_moment(scene)
    name = f"flood-{scene.chance.randrange(1_000_000)}"
    customers = tuple(str(uuid4()) for _ in range(_CUSTOMERS))
    books = Books(scene, scene.plant.folder / "importers" / name, customers)
    await books.open()
    measured = await books.flood(
        rate=0, seconds=_MEASURED_SECONDS, connections=_MEASURED_CONNECTIONS
    )
    rate = 2 * measured["rate"]
    seconds = min(scene.seconds(short=10, usual=60), _REQUESTS_MAX / rate)
    scene.details |= {"capacity": measured["rate"], "offered": rate}
    memory = Memory(psutil.Process(scene.plant.part("payments").pid))
    watching = asyncio.create_task(memory.watch())
    scene.broken()
    outcome = await books.flood(rate=rate, seconds=seconds, connections=_connections())
    scene.lifted()
    recovered = await _answered_soon(books)
    watching.cancel()
    scene.details |= outcome | {"growth_mib": memory.growth_mib, "recovered_seconds": recovered}
    _judge(scene)
    found = await prove_ledger(scene.plant, books.ledger, Notebook(books.folder))
    scene.expect(not found, f"nothing acknowledged is lost or doubled: {found[:3]}")


def _judge(scene: Scene) -> None:
    found = scene.details
    scene.expect(set(found["statuses"]) <= _KNOWN, "only 429 and 503 with Retry-After refuse")
    scene.expect(
        found["wait_max_seconds"] <= _WAIT_SECONDS_MAX,
        f"nobody waits longer than {_WAIT_SECONDS_MAX:.0f} s for an acknowledgement",
    )
    scene.expect(
        found["growth_mib"] <= _GROWTH_MIB_MAX, f"memory grows by {_GROWTH_MIB_MAX} MiB at most"
    )
    scene.expect(
        found["recovered_seconds"] <= _RECOVERED_SECONDS_MAX,
        f"a lone request is answered soon {_RECOVERED_SECONDS_MAX:.0f} s later",
    )


class Memory:
    """How much memory a process takes, watched while it is flooded."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self._before = self._highest = process.memory_info().rss

    async def watch(self) -> None:
        while True:
            self._highest = max(self._highest, self._process.memory_info().rss)
            await asyncio.sleep(0.1)

    @property
    def growth_mib(self) -> int:
        return int(self._highest - self._before) // 1024**2


async def _answered_soon(books: Books) -> float:
    """Return after how many seconds a lone request is answered within a moment again."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    while True:
        asked = loop.time()
        if await books.pays() and loop.time() - asked <= _SOON_SECONDS:
            return round(asked - start, 1)


def _connections() -> int:
    """Return how many connections we may open, and the service may hold."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return min(_CONNECTIONS_MAX, soft - 500)
