"""A client that imports while everything around it breaks: `python -m tests.faults.importing`.

It names what it makes and repeats what was not answered, as the API documents it, and keeps
what it asked and what was acknowledged in a notebook, to hold the journals against. Any refusal
that the documentation does not call temporary ends it, and so the campaign.
"""

import asyncio
import itertools
import json
import random
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from cli.client import Client, NotReachableError, ProblemError
from tests.faults.notebook import Asked, Notebook

_BULK = 20
_PAUSE_SECONDS = 0.2
_INVOICES = 30
_PATIENCE_SECONDS = 10  # for one answer, before another address is asked
_TRY_AGAIN = {
    *("unavailable", "overloaded"),
    *("unknown-customer", "unknown-document", "unknown-item"),  # known elsewhere in a moment
}
_SERVICE = {"payment": "payments", "reversal": "payments", "invoice": "invoicing"}
_PATH = {
    "payment": "/payments/{id}",
    "reversal": "/payments/{id}/reversal",
    "invoice": "/documents/{id}",
}
_INVOICE = {
    "kind": "invoice",
    "issued_on": "2025-08-18",
    "lines": [{"label": "Prestation", "net": "9000000.00", "vat_rate": "20"}],
}


@dataclass
class Addresses:
    """Where the services are: a file that the campaign writes again when that changes."""

    folder: Path
    _seen: float = 0.0
    _clients: list[Client] = field(default_factory=list)
    _turn: "itertools.count[int]" = field(default_factory=itertools.count)

    def client(self) -> Client:
        """Return a client of the payments process whose turn it is."""
        path = self.folder / "config.json"
        changed = path.stat().st_mtime
        if changed != self._seen:
            self._seen = changed
            config = json.loads(path.read_text())
            self._clients = [
                Client(
                    config["ledger"],
                    urls=config["urls"] | {"payments": url},
                    token=config["token"],
                )
                for url in config["payments"]
            ]
        return self._clients[next(self._turn) % len(self._clients)]


@dataclass
class Importer:
    """Imports into one ledger until it is told to stop."""

    folder: Path
    stopping: bool = False
    chance: random.Random = field(default_factory=random.SystemRandom)

    def __post_init__(self) -> None:
        config = json.loads((self.folder / "config.json").read_text())
        self.ledger, self.pause = config["ledger"], config["pause_seconds"]
        self.notes = Notebook(self.folder)
        self.addresses = Addresses(self.folder)
        self._customer = str(uuid5(NAMESPACE_URL, f"{self.ledger}/customer"))
        self._invoices = [
            str(uuid5(NAMESPACE_URL, f"{self.ledger}/invoice/{n}")) for n in range(_INVOICES)
        ]
        self._numbers = itertools.count(1)
        self._done: list[tuple[Asked, str]] = []
        self._reversed: set[str] = set()

    async def run(self) -> None:
        """Open the books, send again what a crash left unanswered, and go on."""
        await self._open()
        for request in self.notes.unanswered():
            await self._carry_out(request)
        work = [self._bulks(), self._singles(), self._singles(), self._reversals(), self._later()]
        await asyncio.gather(*work)

    async def _open(self) -> None:
        customer = {"code": "C1", "name": "Durand", "kind": "societe"}
        account = {"label": "CIC", "account": "51210000", "journal_code": "CIC"}
        await self._insist(lambda c: c.put("invoicing", f"/customers/{self._customer}", customer))
        await self._insist(lambda c: c.put("payments", "/bank-accounts/CIC", account))
        known = {request.id for request in self.notes.asked()}
        for invoice in self._invoices:
            if invoice not in known:
                await self._ask(Asked("invoice", invoice, self._invoice()))

    # ── what is imported ────────────────────────────────────────────────────────

    async def _singles(self) -> None:
        while await self._goes_on():
            await self._ask(self._payment())

    async def _bulks(self) -> None:
        while await self._goes_on(4):
            left = [self._payment() for _ in range(_BULK)]
            self.notes.ask(left)
            while left:
                left = await self._send_bulk(left)

    async def _reversals(self) -> None:
        """Reverse one in a few, and send one in a few again: its number must be the same."""
        while await self._goes_on(3):
            if not self._done:
                continue
            request, number = self.chance.choice(self._done)
            again = await self._insist(partial(_send, request))
            assert again["number"] == number, (request, again, number)
            if request.id not in self._reversed:
                self._reversed.add(request.id)
                await self._ask(Asked("reversal", request.id, {"reason": "entered twice"}))

    async def _later(self) -> None:
        while await self._goes_on(6):
            await self._ask(Asked("invoice", str(uuid4()), self._invoice()))

    async def _goes_on(self, times: int = 1) -> bool:
        """Keep the pace: the load is there to be met by faults, not to fill the disk."""
        await asyncio.sleep(times * self.pause * self.chance.uniform(0.5, 1.5))
        return not self.stopping

    def _invoice(self) -> dict[str, Any]:
        return _INVOICE | {"customer_id": self._customer}

    def _payment(self) -> Asked:
        count = next(self._numbers)
        body: dict[str, Any] = {
            "customer_id": self._customer,
            "amount": f"{1 + count % 9}.{count % 100:02d}",
            "received_on": "2025-08-19",
            "reference": f"VIR {count}",
        }
        if count % 3:
            body["applies_to"] = [{"document_id": self._invoices[count % _INVOICES]}]
        return Asked("payment", str(uuid4()), body)

    # ── asking until it is answered ─────────────────────────────────────────────

    async def _ask(self, request: Asked) -> None:
        self.notes.ask([request])
        await self._carry_out(request)

    async def _carry_out(self, request: Asked) -> None:
        answer = await self._insist(partial(_send, request))
        self.notes.answer([(request.name, answer["number"])])
        if request.kind == "payment":
            self._done.append((request, answer["number"]))

    async def _send_bulk(self, payments: Sequence[Asked]) -> list[Asked]:
        """Send payments together; return those that are to be sent again."""
        body = {"items": [{"id": payment.id, **payment.body} for payment in payments]}
        answer = await self._insist(lambda c: c.post("payments", "/payments/bulk", body))
        pairs = list(zip(payments, answer["outcomes"], strict=True))
        again = [payment for payment, outcome in pairs if outcome["outcome"] == "refused"]
        problems = [o["problem"] for _, o in pairs if o["outcome"] == "refused"]
        unexpected = [p for p in problems if p["type"].rpartition("/")[2] not in _TRY_AGAIN]
        assert not unexpected, unexpected
        taken = [(p, str(o["number"])) for p, o in pairs if o["outcome"] != "refused"]
        if taken:
            self.notes.answer([(payment.name, number) for payment, number in taken])
        if again:
            await asyncio.sleep(_PAUSE_SECONDS)
        return again

    async def _insist(self, request: Callable[[Client], Awaitable[Any]]) -> Any:
        while True:
            try:
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    return await request(self.addresses.client())
            except (NotReachableError, TimeoutError):
                continue
            except ProblemError as problem:
                if problem.code not in _TRY_AGAIN:
                    raise
                await asyncio.sleep(_PAUSE_SECONDS)


async def _send(request: Asked, client: Client) -> Any:
    path = _PATH[request.kind].format(id=request.id)
    return await client.put(_SERVICE[request.kind], path, request.body)


async def main(folder: Path) -> None:
    importer = Importer(folder)

    def stop() -> None:
        importer.stopping = True

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
    await importer.run()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
