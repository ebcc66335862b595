"""A disk that is full: under PostgreSQL, or under Kafka."""

import asyncio

import httpx

from tests.faults.kills import at_some_moment
from tests.faults.registry import Scene, SkippedError, fault

_SEEN_SECONDS = 60
_LEDGER = "asked-meanwhile"  # books of its own, which no client imports into
_ACCOUNT = {"label": "CIC", "account": "51210000", "journal_code": "CIC"}


@fault(
    "PostgreSQL's disk full",
    does="Leave PostgreSQL's folder no room until requests are refused; then make room.",
    meanwhile="503 with Retry-After, never 500; nothing is acknowledged that is not in",
    rare=True,
)
async def postgres_full(scene: Scene) -> None:
    await _fill(scene, "postgres")
    refusals: dict[str, int] = {}

    async def refused() -> bool:
        answer = await _ask(scene)
        refusals[answer] = refusals.get(answer, 0) + 1
        return refusals.get("503", 0) >= 5

    try:
        await scene.watch.until(refused, "requests are refused", _SEEN_SECONDS)
        scene.expect("500" not in refusals, "a full disk is 503, not 500")
        scene.expect("503 bare" not in refusals, "every 503 carries Retry-After")
    finally:
        scene.plant.disks.empty("postgres")
    scene.details["probe"] = refusals
    await _start_again(scene, "postgres")
    scene.lifted()


async def _ask(scene: Scene) -> str:
    """Ask for a commit; return the status, and whether it lacks Retry-After."""
    url = f"{scene.plant.url('payments')}/v1/ledgers/{_LEDGER}/bank-accounts/CIC"
    body = _ACCOUNT | {"label": f"CIC {scene.chance.random()}"}
    headers = {"authorization": f"Bearer {scene.plant.token(_LEDGER)}"}
    try:
        answer = await scene.watch.http.put(url, json=body, headers=headers)
    except httpx.TransportError as error:
        return type(error).__name__
    bare = answer.status_code == httpx.codes.SERVICE_UNAVAILABLE and not (
        answer.headers.get("retry-after")
    )
    return f"{answer.status_code}{' bare' if bare else ''}"


@fault(
    "Kafka's disk full",
    does="Leave Kafka's folder no room until relays are interrupted; then make room.",
    meanwhile="payments go on being acknowledged",
    rare=True,
)
async def kafka_full(scene: Scene) -> None:
    await _fill(scene, "kafka")

    async def noticed() -> bool:
        report = await scene.watch.report("reconciliation")
        return not report.get("ready", True) or scene.plant.ended("kafka")

    try:
        await scene.watch.until(noticed, "a service says Kafka is away", _SEEN_SECONDS)
        await scene.watch.some_work(20, seconds=20)
    finally:
        scene.plant.disks.empty("kafka")
    scene.details["broker ended"] = await _start_again(scene, "kafka")
    scene.lifted()


async def _fill(scene: Scene, name: str) -> None:
    if scene.plant.disks.why_not:
        raise SkippedError(scene.plant.disks.why_not)
    await at_some_moment(scene)
    await asyncio.to_thread(scene.plant.disks.fill, name)
    scene.broken()


async def _start_again(scene: Scene, name: str) -> bool:
    """Start a server that ended for want of room; return whether it had."""
    ended = scene.plant.ended(name)
    if ended:
        await asyncio.to_thread(scene.plant.start, name)
    return ended
