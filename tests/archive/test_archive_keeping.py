"""If these failed, the archive would keep what never was, or lose what it kept.

They run the archive's own writer against the real database of the running stack.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

import asyncpg
import httpx
import pytest

from deploy.local.stack import Stack
from services.archive.domain.copy import DoesNotContinueCopy
from services.archive.projections import PROJECTION
from services.archive.queries import Copy
from services.archive.service import SERVICE
from services.archive.settings import Settings
from services.archive.tables import TABLES
from services.archive.verification import Verifier
from shared.database import engine_of
from shared.followed import Followed, Gap
from shared.history import Source
from shared.journal import Journal
from shared.projection import Reactions
from shared.rebuild import rebuild
from shared.refill import Refill
from shared.seal import SealedEntry, Signer
from tests.archive.archive_books import LEDGER, altered, message, rewritten, written
from tests.archive.tampering import tampered
from tests.books import PLAIN_HTTP, Books, ok

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def settings(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return the settings of the archive that runs in the stack."""
    for name, value in stack.environment("archive").items():
        monkeypatch.setenv(name, value)
    return Settings(_env_prefix="ARCHIVE_")


@pytest.fixture
def put_back(stack: Stack) -> Iterator[None]:
    """Leave the archive as it was, for whoever rebuilds it."""
    with tampered(stack, "archive", LEDGER):
        yield


class Writer:
    """The archive's writer in this process, taking what came from payments."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.copy = Copy(journal.engine, LEDGER, "payments")

    async def take(self, rows: Sequence[SealedEntry]) -> None:
        """Apply entries as the follower does."""
        unit = Followed(
            source="payments",
            service="archive",
            messages=[message(row) for row in rows],
            projection=PROJECTION,
            reactions=Reactions(),
        )
        await self._journal.submit(unit)

    async def kept(self) -> list[SealedEntry]:
        """Return what is in the copy."""
        return [row.stored() for row in await self.copy.entries(after=None)]


@asynccontextmanager
async def writing(settings: Settings) -> AsyncIterator[Writer]:
    engine = engine_of(settings)
    journal = Journal(
        service="archive",
        engine=engine,
        tables=TABLES,
        projection=PROJECTION,
        signer=Signer("archive", settings.signing_key.get_secret_value()),
    )
    task = asyncio.create_task(journal.write_until_closed())
    try:
        yield Writer(journal)
    finally:
        journal.close()
        await task
        await engine.dispose()


# ── as it arrives ───────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("put_back")
async def test_what_arrives_is_kept_in_the_commit_that_moves_the_checkpoint(
    settings: Settings,
) -> None:
    journal = written(2, 3)
    async with writing(settings) as writer:
        await writer.take(journal[:3])
        await writer.take(journal[1:])  # what was applied before is skipped
        assert await writer.kept() == journal
        end = await writer.copy.end()
    assert (end.position, end.followed) == (5, 5)


@pytest.mark.usefixtures("put_back")
@pytest.mark.parametrize("bad", [altered(written(5), 4), rewritten(written(5), 3)])
async def test_nothing_is_kept_of_a_batch_with_a_flaw(
    settings: Settings, bad: list[SealedEntry]
) -> None:
    good = written(5)
    async with writing(settings) as writer:
        await writer.take(good[:2])
        with pytest.raises(DoesNotContinueCopy) as refused:
            await writer.take([good[2], *bad[3:]])
        assert refused.value.facts["position"] == 4
        assert await writer.kept() == good[:2]
        await writer.take(good[2:])
        assert await writer.kept() == good


@pytest.mark.usefixtures("put_back")
async def test_a_hole_is_refilled_before_anything_after_it_is_kept(settings: Settings) -> None:
    journal = written(4)
    async with writing(settings) as writer:
        with pytest.raises(Gap):
            await writer.take(journal[2:])
        assert await writer.kept() == []


@pytest.mark.usefixtures("put_back")
async def test_reading_a_source_again_from_its_start_holds_it_against_the_copy(
    stack: Stack, settings: Settings
) -> None:
    journal = written(4)
    async with writing(settings) as writer:
        await writer.take(journal)
        with tampered(stack, "archive", LEDGER, "DELETE FROM checkpoints WHERE ledger = $1"):
            await writer.take(journal)
            assert await writer.kept() == journal
        with tampered(stack, "archive", LEDGER, "DELETE FROM checkpoints WHERE ledger = $1"):
            with pytest.raises(DoesNotContinueCopy) as refused:
                await writer.take(rewritten(journal, 3, with_key=True))
            assert (refused.value.facts["position"], refused.value.facts["flaw"]) == (3, "differs")


@pytest.mark.usefixtures("put_back")
async def test_what_comes_again_is_held_against_the_copy(settings: Settings) -> None:
    """A source that was restored to an older state gives its positions a second time."""
    journal = written(4)
    async with writing(settings) as writer:
        await writer.take(journal)
        with pytest.raises(DoesNotContinueCopy) as refused:
            await writer.take(rewritten(journal, 2, with_key=True)[1:3])
        assert (refused.value.facts["position"], refused.value.facts["flaw"]) == (2, "differs")
        assert await writer.kept() == journal


# ── kept for good ───────────────────────────────────────────────────────────────


@pytest.mark.feature("S2-05")
@pytest.mark.parametrize("role", ["DATABASE_URL", "OWNER_DATABASE_URL"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE copied_entries SET sealed = ''",
        "DELETE FROM copied_entries",
        "TRUNCATE copied_entries",
    ],
)
async def test_copies_can_only_be_added_to(
    stack: Stack, role: str, statement: str, books: Books
) -> None:
    books.wait_until_caught_up()  # so that there is a row to refuse
    dsn = stack.environment("archive")[f"ARCHIVE_{role}"].replace("+asyncpg", "")
    db = await asyncpg.connect(dsn)
    try:
        with pytest.raises(asyncpg.PostgresError, match=r"only ever added to|permission denied"):
            await db.execute(statement)
    finally:
        await db.close()


@pytest.mark.parametrize("source", list(Source))
async def test_a_rebuild_leaves_the_copies_alone_and_finds_all_else_as_it_was(
    settings: Settings, books: Books, source: Source
) -> None:
    ok(books.pay(books.invoice()))
    books.wait_until_caught_up()
    before = books.get("archive", "/copies/payments").content
    assert await rebuild(SERVICE, settings, source=source, check_only=False) == []
    assert books.get("archive", "/copies/payments").content == before != b""
    ok(books.pay(books.invoice()))
    books.wait_until_caught_up()
    assert ok(books.post("archive", "/verifications", {}))["intact"]


# ── who can't be asked ──────────────────────────────────────────────────────────


@asynccontextmanager
async def verifying(settings: Settings, ledger: str) -> AsyncIterator[Verifier]:
    engine = engine_of(settings)
    async with httpx.AsyncClient(timeout=20, verify=PLAIN_HTTP) as client:
        token = settings.service_token.get_secret_value()
        yield Verifier(engine, Refill(client, settings.journal_urls, token), settings, ledger)
    await engine.dispose()


async def test_a_long_journal_is_verified_alike_by_other_processes(
    stack: Stack, settings: Settings, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.cores._MANY", 1)
    async with verifying(settings, books.ledger) as verifier:
        intact = await verifier.verdict("invoicing")
        flip = "UPDATE journal SET sealed = sealed || ' ' WHERE ledger = $1 AND position = 1"
        with tampered(stack, "invoicing", books.ledger, flip):
            flawed = await verifier.verdict("invoicing")
    assert intact.verdict == "intact"
    assert flawed.flaw is not None
    assert (flawed.flaw.position, flawed.flaw.flaw) == (1, "altered")


async def test_a_service_that_does_not_answer_is_not_verified(
    settings: Settings, books: Books
) -> None:
    urls = settings.journal_urls | {"payments": NOWHERE}
    async with verifying(settings.model_copy(update={"journal_urls": urls}), books.ledger) as v:
        payments, invoicing = await v.verdict("payments"), await v.verdict("invoicing")
    assert (payments.verdict, payments.flaw) == ("not_verified", None)
    assert payments.reason is not None
    assert "ConnectError" in payments.reason
    assert payments.copied == 1
    assert (invoicing.verdict, invoicing.reason) == ("intact", None)


async def test_the_copy_of_a_service_that_does_not_answer_is_verified_all_the_same(
    stack: Stack, settings: Settings, books: Books
) -> None:
    urls = settings.journal_urls | {"payments": NOWHERE}
    flip = "UPDATE copied_entries SET sealed = sealed || ' ' WHERE ledger = $1"
    with tampered(stack, "archive", books.ledger, flip):
        async with verifying(
            settings.model_copy(update={"journal_urls": urls}), books.ledger
        ) as verifier:
            payments = await verifier.verdict("payments")
    assert payments.verdict == "flawed"
    assert payments.copy_flaw is not None
    assert (payments.copy_flaw.position, payments.copy_flaw.flaw) == (1, "altered")


@pytest.mark.parametrize("setting", ["journal_urls", "public_keys"])
async def test_a_service_that_is_not_configured_is_not_verified(
    settings: Settings, books: Books, setting: str
) -> None:
    known = {name: x for name, x in getattr(settings, setting).items() if name != "payments"}
    changed = settings.model_copy(update={setting: known})
    async with verifying(changed, books.ledger) as verifier:
        payments = await verifier.verdict("payments")
    assert payments.verdict == "not_verified"
    assert payments.reason == "its address or its public key is not configured"


async def test_another_public_key_does_not_verify(settings: Settings, books: Books) -> None:
    keys = settings.public_keys | {"payments": settings.public_keys["archive"]}
    async with verifying(
        settings.model_copy(update={"public_keys": keys}), books.ledger
    ) as verifier:
        payments = await verifier.verdict("payments")
    assert payments.flaw is not None
    assert (payments.flaw.position, payments.flaw.flaw) == (1, "signature")
