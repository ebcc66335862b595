"""What must hold after any number of kills, from the journals, the tables and the topics."""

import asyncio
from collections import Counter
from importlib import import_module

import httpx
import pytest

from cli import conservation
from deploy.local.stack import Stack
from shared.events.payments import PaymentRecorded
from shared.rebuild import Source, rebuild
from shared.service import Service
from shared.settings import Settings
from tests.books import PLAIN_HTTP, SERVICES
from tests.faults.importing import Importer

_CAUGHT_UP_SECONDS = 60


async def prove(stack: Stack, importer: Importer) -> None:
    """Prove that nothing was lost and nothing was done twice."""
    async with asyncio.timeout(_CAUGHT_UP_SECONDS):
        reports = await importer.client.wait_until_caught_up()
    await _followers_are_at_ease(stack)
    await _every_acknowledged_request_once(stack, importer)
    assert (await importer.client.post("archive", "/verifications", {}))["intact"]
    for service in SERVICES:
        verdict = await importer.client.get(service, "/verification")
        assert verdict["intact"], verdict
        assert verdict["entries"] == reports[service]["position"]
    for service in SERVICES:
        for source in Source:
            assert await _rebuilt(stack, service, source) == []


async def _every_acknowledged_request_once(stack: Stack, importer: Importer) -> None:
    async with httpx.AsyncClient(timeout=60, verify=PLAIN_HTTP) as client:
        token = stack.mint_token("auditor", {importer.client.ledger: ["*"]}, 1)
        place = client, stack.urls, token, importer.client.ledger
        journals = await conservation.read(*place)
    verdict = conservation.check(journals.entries)
    assert verdict.finished, verdict
    facts = [e.fact for e in journals.entries if isinstance(e.fact, PaymentRecorded)]
    times = Counter(fact.payment_id for fact in facts)
    assert set(times.values()) == {1}
    recorded = {fact.payment_id: fact.number for fact in facts}
    assert importer.acknowledged.items() <= recorded.items()
    assert set(recorded) <= importer.asked


async def _followers_are_at_ease(stack: Stack) -> None:
    async with httpx.AsyncClient(timeout=60, verify=PLAIN_HTTP) as client:
        for url in stack.urls.values():
            report = (await client.get(f"{url}/readyz")).json()
            assert report["ready"], report
            for follower in report["followers"].values():
                assert (follower["stopped"], follower["lag_entries"]) == (None, 0), report


async def _rebuilt(stack: Stack, name: str, source: Source) -> list[str]:
    service: Service = import_module(f"services.{name}.service").SERVICE
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in stack.environment(name).items():
            patch.setenv(variable, value)
        settings = Settings(_env_prefix=f"{name.upper()}_")
    return await rebuild(service, settings, source=source, check_only=True)
