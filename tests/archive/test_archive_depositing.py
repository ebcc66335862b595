"""If these failed, a package could stay where its owner can change it, or a false receipt count."""

import base64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from deploy.local.stack import Stack
from services.archive.domain.closing import Closing
from services.archive.domain.period import Period
from tests.archive.authority import Answer, Authority, Vault, answering
from tests.archive.closed_books import keeping, stamping
from tests.archive.hand_made import CHANGE_SECOND, D0, D1, LATER, filled_archive
from tests.archive.own_archive import NOWHERE, OwnArchive


class Town:
    """An archive and its third parties, which answer or don't."""

    def __init__(self, archive: OwnArchive) -> None:
        self.archive = archive
        self.authority = Authority()
        self.vault = Vault()
        self.away = False
        self.asked = 0

    def stamp(self, _path: str, body: bytes, _headers: Any) -> Answer:
        self.asked += 1
        return (503, b"") if self.away else (200, self.authority.stamp(body))

    def trust(self, url: str, **more: Any) -> None:
        self.archive.told({"tsa": stamping(self.authority, url), **more})

    async def names(self, period: str) -> list[str]:
        return [deposit.third_party for deposit in await self.archive.deposits(period)]


@pytest.fixture
async def town(stack: Stack) -> AsyncIterator[Town]:
    async with AsyncExitStack() as opened:
        town = Town(await opened.enter_async_context(filled_archive(stack)))
        tsa = opened.enter_context(answering(town.stamp))
        vault = opened.enter_context(answering(town.vault.keep))
        town.trust(tsa, coffre=keeping(town.vault, vault))
        yield town


# ── handing over ────────────────────────────────────────────────────────────────


@pytest.mark.feature("S2-07")
async def test_every_closed_period_goes_to_every_third_party_once(town: Town) -> None:
    archive = town.archive
    for name in (D0, D1, "2025-12"):
        await archive.close(name, LATER)
    depositor = archive.depositor()
    await depositor.hand_over()
    await depositor.hand_over()
    assert town.asked == 3
    assert len(town.vault.kept) == 3
    for name in (D0, D1, "2025-12"):
        assert await town.names(name) == ["coffre", "tsa"]
        verdict = (await archive.verdicts())[name]
        assert verdict.intact


async def test_handing_over_is_tried_until_it_succeeds(town: Town) -> None:
    await town.archive.close(D0, LATER)
    town.away = True
    depositor = town.archive.depositor(again_seconds=0)
    with capture_logs() as logs:
        await depositor.hand_over()
        await depositor.hand_over()
    failed = [line for line in logs if line["event"] == "deposit.failed"]
    assert [(line["period"], line["third_party"]) for line in failed] == [(D0, "tsa")] * 2
    assert await town.names(D0) == ["coffre"]
    town.away = False
    await depositor.hand_over()
    assert await town.names(D0) == ["coffre", "tsa"]


async def test_who_did_not_answer_is_left_in_peace_for_a_while(town: Town) -> None:
    await town.archive.close(D0, LATER)
    town.away = True
    depositor = town.archive.depositor()
    await depositor.hand_over()
    await depositor.hand_over()
    assert town.asked == 1


async def test_a_third_party_named_later_gets_what_was_closed_before(town: Town) -> None:
    archive = town.archive
    parties = archive.settings.third_parties
    archive.settings = archive.settings.model_copy(update={"third_parties": {}})
    await archive.close(D0, LATER)
    await archive.depositor().hand_over()
    assert await town.names(D0) == []
    archive.settings = archive.settings.model_copy(update={"third_parties": parties})
    await archive.depositor().hand_over()
    assert await town.names(D0) == ["coffre", "tsa"]


async def test_what_is_not_whole_any_more_is_not_handed_over(town: Town) -> None:
    await town.archive.close(D0, LATER)
    await town.archive.sql(CHANGE_SECOND)
    with capture_logs() as logs:
        await town.archive.depositor().hand_over()
    assert {line["reason"]["type"] for line in logs} == {"/problems/not-whole"}
    assert (await town.names(D0), town.asked, town.vault.kept) == ([], 0, {})


async def test_without_room_for_a_package_it_is_handed_over_later(
    town: Town, tmp_path: Path
) -> None:
    await town.archive.close(D0, LATER)
    folder = tmp_path / "full"
    town.archive.settings = town.archive.settings.model_copy(update={"work_folder": folder})
    depositor = town.archive.depositor(again_seconds=0)
    with capture_logs() as logs:
        await depositor.hand_over()
    assert {(line["event"], line["third_party"]) for line in logs} == {
        ("deposit.failed", "coffre"),
        ("deposit.failed", "tsa"),
    }
    folder.mkdir()
    await depositor.hand_over()
    assert await town.names(D0) == ["coffre", "tsa"]


async def test_an_answer_that_proves_nothing_is_not_on_record(town: Town) -> None:
    await town.archive.close(D0, LATER)
    stranger = Authority()
    with answering(lambda _path, body, _headers: (200, stranger.stamp(body))) as url:
        town.trust(url)
        with capture_logs() as logs:
            await town.archive.depositor().hand_over()
    assert "ReceiptRefusedError" in logs[0]["reason"]
    assert await town.names(D0) == []


# ── checking again ──────────────────────────────────────────────────────────────


async def flaw_of(town: Town, answered: bytes, closing: Closing, **fields: Any) -> str:
    """Put a receipt on record with our own key; return what checking it finds."""
    await town.archive.put_on_record(closing, answered, **fields)
    (verdict,) = (await town.archive.verdicts())[closing.period].receipts
    assert verdict.verdict == "flawed"
    assert verdict.flaw
    assert (verdict.flaw.service, verdict.flaw.flaw) == ("archive", "receipt")
    assert verdict.flaw.position == closing.position + 1
    assert verdict.flaw.detail.startswith(f"period {closing.period}, receipt of tsa: ")
    return verdict.flaw.detail


@pytest.mark.feature("S2-07")
async def test_a_forged_receipt_is_found_and_named(town: Town) -> None:
    closing = await town.archive.close(D0, LATER)
    forged = Authority(town.authority.name).stamp_of(closing.package_sha256)
    assert "no time-stamp of this digest" in await flaw_of(town, forged, closing)


async def test_a_receipt_of_another_package_is_found_and_named(town: Town) -> None:
    closing = await town.archive.close(D0, LATER)
    detail = await flaw_of(town, town.authority.stamp_of("e" * 64), closing)
    assert "Mismatch between messages" in detail


async def test_a_receipt_that_is_no_base64_is_found_and_named(town: Town) -> None:
    closing = await town.archive.close(D0, LATER)
    detail = await flaw_of(town, b"", closing, receipt="A")
    assert "base64" in detail


async def test_an_instant_that_the_receipt_does_not_certify_is_found_and_named(town: Town) -> None:
    closing = await town.archive.close(D0, LATER)
    receipt = town.authority.stamp_of(closing.package_sha256)
    antedated = closing.closed_at - timedelta(days=30)
    assert "not Certified" in await flaw_of(town, receipt, closing, certified_at=antedated)


async def test_a_receipt_of_a_stranger_is_not_verified(town: Town) -> None:
    closing = await town.archive.close(D0, LATER)
    await town.archive.put_on_record(closing, b"", third_party="inconnu")
    verdict = (await town.archive.verdicts())[D0]
    (receipt,) = verdict.receipts
    assert (receipt.verdict, receipt.flaw) == ("not_verified", None)
    assert receipt.reason == "no third party inconnu is configured"
    assert not verdict.intact


async def test_a_third_party_that_gets_nothing_any_more_still_vouches(town: Town) -> None:
    archive = town.archive
    await archive.close(D0, LATER)
    await archive.depositor().hand_over()
    retired = stamping(town.authority, NOWHERE) | {"active": False}
    archive.told({"tsa": retired, "coffre": keeping(town.vault, NOWHERE) | {"active": False}})
    await archive.close(D1, LATER)
    await archive.depositor().hand_over()
    assert await town.names(D1) == []
    verdicts = await archive.verdicts()
    assert {receipt.verdict for receipt in verdicts[D0].receipts} == {"intact"}


@pytest.mark.feature("S2-07")
async def test_a_package_handed_over_shows_what_was_changed_afterwards(town: Town) -> None:
    """The third party's copy and its receipt stand, whatever becomes of ours."""
    archive, vault = town.archive, town.vault
    closing = await archive.close(D0, LATER)
    await archive.depositor().hand_over()
    async with archive.closer.package(Period.read(D0)) as path:
        assert vault.kept == {f"/{closing.ledger}/{D0}.zip": path.read_bytes()}
    await archive.sql(CHANGE_SECOND)
    verdict = (await archive.verdicts())[D0]
    assert verdict.flaw
    assert {receipt.verdict for receipt in verdict.receipts} == {"intact"}
    (kept,) = [d for d in await archive.deposits(D0) if d.third_party == "coffre"]
    assert base64.b64decode(kept.receipt)
