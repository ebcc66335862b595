"""If these fail, a service reads another's books, or what was acknowledged is lost at a crash."""

import asyncio
import os
import stat
from signal import SIGKILL

import asyncpg
import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from deploy.local.stack import Stack
from shared.names import SERVICES
from shared.settings import Settings
from tests.shared.databases import in_database

LOCAL_ADDRESSES = {"127.0.0.1", "::ffff:127.0.0.1"}


def address(stack: Stack, service: str, role: str, database: str) -> str:
    """Return a service's address of a database, its own or another's."""
    settings = stack.environment(service)
    name = "OWNER_DATABASE_URL" if role == "owner" else "DATABASE_URL"
    own = settings[f"{service.upper()}_{name}"].replace("+asyncpg", "")
    return in_database(own, database)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("role", ["owner", "app"])
async def test_a_role_connects_to_its_own_database_and_to_no_other(
    bare_stack: Stack, service: str, role: str
) -> None:
    others = {f"acquit_{other}" for other in SERVICES if other != service}
    own = await asyncpg.connect(address(bare_stack, service, role, f"acquit_{service}"))
    await own.close()
    for other in others | {"postgres", "template1"}:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(address(bare_stack, service, role, other))


async def test_a_wrong_password_is_refused(bare_stack: Stack) -> None:
    right = address(bare_stack, "payments", "app", "acquit_payments")
    wrong = right.replace(right.split(":")[2].split("@")[0], "wrong")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(wrong)


async def test_the_application_uses_the_tables_of_the_owner_and_makes_none(
    bare_stack: Stack,
) -> None:
    owner = await asyncpg.connect(address(bare_stack, "archive", "owner", "acquit_archive"))
    app = await asyncpg.connect(address(bare_stack, "archive", "app", "acquit_archive"))
    await owner.execute("CREATE TABLE things (number serial, name text)")
    await app.execute("INSERT INTO things (name) VALUES ('one')")
    await app.execute("UPDATE things SET name = 'two'")
    assert await app.fetchval("SELECT name FROM things") == "two"
    await app.execute("DELETE FROM things")
    for forbidden in ("TRUNCATE things", "DROP TABLE things", "CREATE TABLE mine ()"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(forbidden)
    await owner.execute("DROP TABLE things")
    await app.close()
    await owner.close()


async def test_the_database_is_durable(bare_stack: Stack) -> None:
    superuser = await asyncpg.connect(bare_stack.superuser_dsn("acquit_payments"))
    for setting in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
        assert await superuser.fetchval(f"SHOW {setting}") == "on"
    await superuser.close()


async def test_topics_keep_what_they_get_for_ever(bare_stack: Stack) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bare_stack.kafka_servers)
    await admin.start()
    topics = [f"acquit.{service}" for service in SERVICES]
    assert set(topics) <= set(await admin.list_topics())
    for described in await admin.describe_topics(topics):
        assert len(described["partitions"]) == 4
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in topics]
    for answer in await admin.describe_configs(resources):
        for _code, _message, _type, _name, entries in answer.resources:
            values = {entry[0]: entry[1] for entry in entries}
            assert values["retention.ms"] == values["retention.bytes"] == "-1"
    await admin.close()


def test_everything_listens_on_this_machine_only(bare_stack: Stack) -> None:
    for name in ("postgres", "kafka"):
        connections = psutil.Process(bare_stack.parts[name].pid).net_connections("inet")
        listening = {c.laddr.ip for c in connections if c.status == psutil.CONN_LISTEN}
        assert listening, name
        assert listening <= LOCAL_ADDRESSES, name


def test_only_their_owner_reads_the_secrets_and_the_books(bare_stack: Stack) -> None:
    assert stat.S_IMODE((bare_stack.folder / "secrets.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(bare_stack.folder.stat().st_mode) == 0o700


def test_a_killed_database_comes_back_with_what_it_acknowledged(bare_stack: Stack) -> None:
    async def ask(statement: str) -> list[asyncpg.Record]:
        owner = await asyncpg.connect(address(bare_stack, "payments", "owner", "acquit_payments"))
        try:
            return list(await owner.fetch(statement))
        finally:
            await owner.close()

    asyncio.run(ask("CREATE TABLE kept AS SELECT 42 AS answer"))
    bare_stack.kill("postgres", SIGKILL)
    assert bare_stack.ended() == ["postgres"]
    bare_stack.restart("postgres")
    assert asyncio.run(ask("SELECT answer FROM kept"))[0]["answer"] == 42


def test_a_killed_broker_comes_back_with_what_it_acknowledged(bare_stack: Stack) -> None:
    async def send() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=bare_stack.kafka_servers, acks="all")
        async with producer:
            await producer.send_and_wait("acquit.archive", b"sealed", partition=0)

    async def read() -> bytes:
        consumer = AIOKafkaConsumer(bootstrap_servers=bare_stack.kafka_servers)
        async with consumer:
            consumer.assign([TopicPartition("acquit.archive", 0)])
            await consumer.seek_to_beginning()
            return (await asyncio.wait_for(consumer.getone(), 60)).value or b""

    asyncio.run(send())
    bare_stack.kill("kafka", SIGKILL)
    bare_stack.restart("kafka")
    assert asyncio.run(read()) == b"sealed"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_finds_its_settings_complete(
    bare_stack: Stack, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith(service.upper())]:
        monkeypatch.delenv(name)
    for name, value in bare_stack.environment(service).items():
        monkeypatch.setenv(name, value)
    settings = Settings(_env_prefix=f"{service.upper()}_")
    assert settings.public_keys.keys() == settings.journal_urls.keys() == set(SERVICES)
    assert settings.environment == "local"
