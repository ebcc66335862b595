"""What must hold after any faults, from the journals, the tables and the topics.

Per ledger: what was acknowledged is recorded once, nothing else is, every position is there,
every chain and every copy verifies, no money was lost or made. In the end, besides: the tables
of every service are what the journals say, and what the topics say.
"""

import time
from collections.abc import Callable, Iterable
from itertools import product

import httpx

from cli import conservation
from cli.client import Client
from shared.history import Source
from shared.names import SERVICES
from shared.rebuild import rebuild
from tests.books import PLAIN_HTTP
from tests.faults.checking import Finding, Recorded, findings
from tests.faults.notebook import Notebook
from tests.faults.plant import Plant
from tests.services import service_of, settings_of

_VERIFY_SECONDS = 600


async def prove_ledger(plant: Plant, ledger: str, notes: Notebook) -> list[Finding]:
    """Return what is wrong with the payments of a ledger whose importer has finished.

    Raises AssertionError where it is no single payment: a chain, a copy, the money.
    """
    async with Client(ledger, urls=plant.stack.urls, token=plant.token(ledger)) as client:
        client.http.timeout = httpx.Timeout(_VERIFY_SECONDS)
        reports = await client.wait_until_caught_up()
        recorded = await _conserved(plant, ledger)
        await _verified(client, {name: report["position"] for name, report in reports.items()})
    asked = (request.name for request in notes.asked())
    return findings(asked, notes.answers(), recorded)


async def _conserved(plant: Plant, ledger: str) -> Recorded:
    async with httpx.AsyncClient(timeout=_VERIFY_SECONDS, verify=PLAIN_HTTP) as client:
        place = client, plant.stack.urls, plant.token(ledger), ledger
        journals = await conservation.read(*place)
    verdict = conservation.check(journals.entries)
    assert verdict.finished, verdict
    return Recorded.of(journals.entries)


async def _verified(client: Client, positions: dict[str, int]) -> None:
    copies = await client.post("archive", "/verifications", {})
    assert copies["intact"], copies
    for service in SERVICES:
        verdict = await client.get(service, "/verification")
        assert verdict["intact"], verdict
        assert verdict["entries"] == positions[service], (verdict, positions)


async def prove_tables(
    plant: Plant, sources: Iterable[Source] = Source, say: Callable[[str], None] = print
) -> dict[str, list[str]]:
    """Rebuild every service's tables aside; return, per service and source, which differ."""
    different: dict[str, list[str]] = {}
    for service, source in product(SERVICES, sources):
        started, place = time.monotonic(), f"{service} from {source.value}"
        different[place] = await _rebuilt(plant, service, source)
        verdict = ", ".join(different[place]) or "equal"
        say(f"         {place}: {verdict} ({time.monotonic() - started:.0f} s)")
    return different


async def _rebuilt(plant: Plant, name: str, source: Source) -> list[str]:
    service, settings = service_of(name), settings_of(plant.stack, name)
    return await rebuild(service, settings, source=source, check_only=True)
