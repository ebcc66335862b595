"""Taking something away for a while, or putting it in: Kafka, PostgreSQL, a service, their data."""

import asyncio
from signal import SIGINT, SIGKILL, SIGTERM

import httpx

from tests.archive.tampering import change
from tests.faults.kills import at_some_moment, kill_and_start
from tests.faults.registry import Scene, fault
from tests.services import service_of

_ROUTES = (
    ("PUT", "payments", "/bank-accounts/CIC"),
    ("GET", "payments", "/payments"),
    ("GET", "invoicing", "/documents"),
    ("GET", "reconciliation", "/items"),
    ("GET", "archive", "/journal"),
)
_ACCOUNT = {"label": "CIC", "account": "51210000", "journal_code": "CIC"}
_PUT_IN = """
INSERT INTO journal SELECT ledger, position + 1000000, gen_random_uuid(), stream, type, recorded_at,
    sealed || ' ', sha256(sealed || ' ') FROM journal WHERE ledger = $1 AND position = 1
"""
_TAKE_OUT = "DELETE FROM journal WHERE ledger = $1 AND position > 1000000"


@fault(
    "Kafka away",
    does="Stop Kafka for 60 s (10 s in a short run), start it again.",
    meanwhile="payments go on being acknowledged",
    rare=True,
)
async def kafka_away(scene: Scene) -> None:
    await at_some_moment(scene)
    await asyncio.to_thread(scene.plant.kill, "kafka", SIGTERM)
    scene.broken()
    before = scene.importer.notes.count()
    await asyncio.sleep(scene.seconds(short=10, usual=60))
    scene.details["acknowledged meanwhile"] = scene.importer.notes.count() - before
    await scene.watch.some_work(seconds=10)  # still, at the end
    await asyncio.to_thread(scene.plant.start, "kafka")
    scene.lifted()


@fault(
    "PostgreSQL away",
    does="Stop PostgreSQL for 10 s (2 s in a short run), start it again.",
    meanwhile="every route answers 503 with Retry-After, soon; nothing is acknowledged",
)
async def postgres_away(scene: Scene) -> None:
    await at_some_moment(scene)
    await asyncio.to_thread(scene.plant.kill, "postgres", SIGINT)
    scene.broken()
    before = scene.importer.notes.count()
    for method, service, path in _ROUTES:
        if service in scene.plant.services:
            await _expect_unavailable(scene, method, service, path)
    await asyncio.sleep(scene.seconds(short=2, usual=10))
    scene.expect(scene.importer.notes.count() == before, "nothing is acknowledged without database")
    await asyncio.to_thread(scene.plant.start, "postgres")
    scene.lifted()


async def _expect_unavailable(scene: Scene, method: str, service: str, path: str) -> None:
    url = f"{scene.plant.url(service)}/v1/ledgers/{scene.importer.ledger}{path}"
    body = _ACCOUNT if method == "PUT" else None
    answer = await scene.watch.http.request(method, url, json=body)
    found = answer.status_code, int(answer.headers.get("retry-after", 0)) > 0
    expected = (httpx.codes.SERVICE_UNAVAILABLE, True)
    scene.expect(found == expected, f"{method} {service} {path}: 503 with Retry-After, not {found}")


@fault(
    "Kafka's data deleted",
    does="Stop Kafka, delete everything it holds, start it empty.",
    meanwhile="payments go on; relays send their journals again, every follower ends equal",
    rare=True,
)
async def kafka_forgets(scene: Scene) -> None:
    await at_some_moment(scene)
    await asyncio.to_thread(scene.plant.kill, "kafka", SIGKILL)
    scene.broken()
    scene.plant.forget_kafka()
    await scene.watch.some_work(10)  # what comes meanwhile is in no topic yet
    await asyncio.to_thread(scene.plant.start, "kafka")
    scene.lifted()


@fault(
    "tables emptied",
    does="Stop a service, empty some of its projections, `rebuild`, start it.",
    meanwhile="the other services go on",
    rare=True,
)
async def tables_emptied(scene: Scene) -> None:
    await _lose_tables(scene, "emptied", "TRUNCATE")


@fault(
    "tables dropped",
    does="Stop a service, drop some of its projections, `rebuild`, start it.",
    meanwhile="the other services go on",
    rare=True,
)
async def tables_dropped(scene: Scene) -> None:
    await _lose_tables(scene, "dropped", "DROP TABLE")


async def _lose_tables(scene: Scene, word: str, statement: str) -> None:
    service = scene.chance.choice(["payments", "invoicing", "reconciliation"])
    tables = [str(t.name) for t in service_of(service).tables.row_tables]  # no `quoted_name`
    lost = sorted(scene.chance.sample(tables, scene.chance.randint(1, len(tables))))
    scene.details |= {"service": service, word: lost}
    await at_some_moment(scene)
    for name in scene.plant.of_service(service):
        await asyncio.to_thread(scene.plant.kill, name, SIGTERM)
    scene.broken()
    await scene.plant.sql(service, f"{statement} {', '.join(lost)}")
    said = await asyncio.to_thread(
        scene.plant.run,
        "rebuild",
        [f"services.{service}", "rebuild"],
        scene.plant.stack.environment(service),
    )
    scene.details["rebuild said"] = said.strip().splitlines()[-1]
    for name in scene.plant.of_service(service):
        await asyncio.to_thread(scene.plant.start, name)
    scene.lifted()


@fault(
    "an entry put in",
    does="Put an altered copy into a journal, beyond its end, for 5 s (2 s in a short run).",
    meanwhile="its service goes on; no follower gets to see the copy, which would stop it",
)
async def entry_put_in(scene: Scene) -> None:
    service = scene.chance.choice(["payments", "invoicing", "reconciliation"])
    scene.details["service"] = service
    await at_some_moment(scene)
    dsn = scene.plant.stack.superuser_dsn(f"acquit_{service}")
    await change(dsn, scene.importer.ledger, _PUT_IN)
    scene.broken()
    await asyncio.sleep(scene.seconds(short=2, usual=5))
    await scene.watch.wait_until_well()
    await change(dsn, scene.importer.ledger, _TAKE_OUT)
    scene.lifted()


@fault(
    "a service away",
    does="Stop a service, kill other parts in turn meanwhile, then start it.",
    meanwhile="the others go on, and are killed and recover without it",
    rare=True,
)
async def service_away(scene: Scene) -> None:
    service = scene.chance.choice(["reconciliation", "archive"])
    scene.details["service"] = service
    await at_some_moment(scene)
    await asyncio.to_thread(scene.plant.kill, service, SIGTERM)
    scene.plant.absent.add(service)
    victims = scene.chance.sample([*scene.plant.processes, "kafka"], 2 if scene.short else 5)
    for victim in victims:
        await kill_and_start(scene, [victim])
        await scene.watch.wait_until_well()
    scene.broken()
    scene.plant.absent.discard(service)
    await asyncio.to_thread(scene.plant.start, service)
    scene.lifted()
