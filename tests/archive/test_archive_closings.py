"""If these failed, what was recorded could be replaced years later, and nobody could show it.

They run on the real stack, with a process of the archive that knows a time-stamping authority
and a depository; both answer over HTTP with real signatures.
"""

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from cli.main import app
from deploy.local.stack import Stack
from services.archive.service import SERVICE as ARCHIVE
from services.archive.settings import certificates_in
from services.archive.third_parties.timestamping import Timestamping
from shared.dates import civil_date, now
from shared.history import Source
from shared.rebuild import rebuild
from tests.archive.authority import Authority, Vault, answering
from tests.archive.closed_books import (
    ClosedBooks,
    another_archive,
    keeping,
    parties,
    settings_of,
    stamping,
)
from tests.archive.tampering import tampered
from tests.books import ok, refused, until
from tests.payments import words
from tests.purchases import card

PARIS = ZoneInfo("Europe/Paris")
SERVICES = ("payments", "invoicing", "reconciliation", "archive")


def at(day: date, hour: int = 10) -> datetime:
    return datetime.combine(day, time(hour), PARIS)


def days_ago(count: int) -> date:
    return civil_date(now()) - timedelta(days=count)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def vault() -> Vault:
    return Vault()


@pytest.fixture(scope="module")
def archive(stack: Stack, authority: Authority, vault: Vault) -> Iterator[str]:
    with (
        answering(lambda _path, body, _headers: (200, authority.stamp(body))) as tsa,
        answering(vault.keep) as depository,
    ):
        named = parties(tsa=stamping(authority, tsa), coffre=keeping(vault, depository))
        with another_archive(stack, named) as url:
            yield url


@pytest.fixture
def past(stack: Stack, archive: str, ledger: str) -> Iterator[ClosedBooks]:
    """Return books that were opened three days ago."""
    with ClosedBooks(stack, ledger) as books:
        books.archive_url = archive
        books.open_at(at(days_ago(3)))
        yield books


def deposited(books: ClosedBooks, period: str) -> Any:
    """Wait until every third party has certified a period; return its closing."""
    until(lambda: books.closing(period)["deposited"])
    return books.closing(period)


def money(totals: list[dict[str, str]]) -> dict[str, tuple[str, str, str]]:
    return {t["currency"]: (t["received"], t["refunded"], t["left"]) for t in totals}


@pytest.mark.feature("S2-07")
def test_every_period_closes_into_a_sealed_archive_whose_receipts_are_stored_and_checked(
    past: ClosedBooks, authority: Authority, vault: Vault
) -> None:
    day = days_ago(3)
    past.record_at([(at(day, 11), [past.paid("P1", "100.00"), past.paid("P2", "17.50")])])

    closed = ok(past.close(day.isoformat()))
    assert (closed["kind"], closed["first_on"], closed["last_on"]) == ("day", str(day), str(day))
    assert money(closed["totals"]) == {"EUR": ("117.50", "0.00", "117.50")}
    assert closed["perpetual_totals"] == closed["totals"]

    package = past.package(closed["period"])
    assert hashlib.sha256(package).hexdigest() == closed["package_sha256"]
    assert len(package) == closed["package_bytes"]
    with zipfile.ZipFile(io.BytesIO(package)) as opened:
        manifest = json.loads(opened.read("manifest.json"))
        lines = opened.read("journals/payments.jsonl").splitlines()
    assert [json.loads(json.loads(line)["sealed"])["type"] for line in lines] == [
        "payments.bank-account-configured.v1",
        *["payments.payment-recorded.v1"] * 2,
    ]
    assert manifest["journals"] == closed["journals"]

    closed = deposited(past, closed["period"])
    receipts = {each["third_party"]: each for each in closed["deposits"]}
    assert vault.kept[f"/{past.ledger}/{day}.zip"] == package
    assert receipts["coffre"]["certified_by"] == vault.name
    stamp = base64.b64decode(receipts["tsa"]["receipt"])
    trusted = certificates_in(authority.root_pem)
    certified = Timestamping(url="", trusted=trusted).check(stamp, closed["package_sha256"])
    assert receipts["tsa"]["certified_by"] == f"CN={authority.name}" == certified.by

    report = past.verify()
    assert report["intact"], report
    (checked,) = report["closings"]
    assert (checked["period"], checked["verdict"]) == (closed["period"], "intact")
    assert {r["third_party"]: r["verdict"] for r in checked["receipts"]} == {
        "coffre": "intact",
        "tsa": "intact",
    }


# ── as the API answers ──────────────────────────────────────────────────────────


def test_totals_go_on_from_day_to_day_and_what_is_taken_back_shows(past: ClosedBooks) -> None:
    first, second = days_ago(3), days_ago(2)
    bought = words.give_back("R1", "12.00", customer_id=card(past))
    past.record_at(
        [
            (at(first, 11), [past.paid("P1", "100.00")]),
            (at(second, 9), [words.reverse("P1"), past.paid("P2", "30.00"), bought]),
        ]
    )
    ok(past.close(str(first)))
    closed = ok(past.close(str(second)))
    (totals,) = closed["totals"]
    assert (totals["received"], totals["reversed"], totals["left"]) == ("30.00", "100.00", "-82.00")
    assert (totals["refunded"], totals["spent"], totals["spent_reversed"]) == (
        *("0.00", "12.00"),
        "0.00",
    )
    (forever,) = closed["perpetual_totals"]
    assert (forever["received"], forever["reversed"], forever["left"]) == (
        *("130.00", "100.00"),
        "18.00",
    )
    assert (closed["previous_period"], len(closed["previous_sha256"])) == (str(first), 64)
    listed = ok(past.get("archive", "/periods", kind="day", limit=1))
    assert [item["period"] for item in listed["items"]] == [str(second)]
    listed = ok(past.get("archive", "/periods", kind="day", cursor=listed["next_cursor"]))
    assert [item["period"] for item in listed["items"]] == [str(first)]
    assert past.prove_conservation().violation is None


def test_a_period_is_closed_once_in_order_and_only_when_it_is_over(past: ClosedBooks) -> None:
    today = civil_date(now())
    refused(past.close(str(today)), 409, "period-not-over")
    refused(past.close(str(today.year)), 409, "period-not-over")
    problem = refused(past.close(str(days_ago(2))), 409, "previous-period-open")
    assert problem["previous"] == str(days_ago(3))
    refused(past.close(str(days_ago(4))), 409, "nothing-recorded")
    refused(past.close("2026-02-30"), 422, "malformed")
    refused(past.close("yesterday"), 422, "malformed")
    refused(past.get("archive", f"/periods/{days_ago(3)}"), 404, "not-found")
    refused(past.get("archive", f"/periods/{days_ago(3)}/package"), 404, "not-found")
    first = deposited(past, ok(past.close(str(days_ago(3))))["period"])
    assert ok(past.close(str(days_ago(3)))) == first


def test_a_ledger_that_began_in_another_month_closes_that_month_after_its_days(
    stack: Stack, archive: str, ledger: str
) -> None:
    with ClosedBooks(stack, ledger) as books:
        books.archive_url = archive
        last_day = date(2024, 12, 31)
        books.open_at(at(last_day))
        problem = refused(books.close("2024-12"), 409, "parts-open")
        assert problem["open"] == "2024-12-31"
        for period in ("2024-12-31", "2024-12", "2024"):
            closed = ok(books.close(period))
            assert closed["last_on"] == "2024-12-31"
            assert len(json.loads(member(books, period, "public-keys.json"))) == len(SERVICES)
        assert books.verify()["intact"]


def member(books: ClosedBooks, period: str, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(books.package(period))) as opened:
        return opened.read(name)


async def test_closings_and_deposits_can_be_built_again_from_the_journal(
    past: ClosedBooks,
) -> None:
    deposited(past, ok(past.close(str(days_ago(3))))["period"])
    shown = past.closing(str(days_ago(3)))
    settings = settings_of(past.stack, ARCHIVE)
    for check_only in (True, False):
        differing = await rebuild(
            ARCHIVE, settings, source=Source.JOURNAL, check_only=check_only, ledger=past.ledger
        )
        assert differing == []
    assert past.closing(str(days_ago(3))) == shown


def test_without_a_third_party_a_period_is_closed_and_said_not_to_be_deposited(
    stack: Stack, ledger: str
) -> None:
    with ClosedBooks(stack, ledger) as books:
        books.open_at(at(days_ago(1)))
        closed = ok(books.close(str(days_ago(1))))
        assert (closed["deposited"], closed["deposits"]) == (False, [])
        assert closed["not_deposited_because"] == "no third party is configured"
        assert books.verify()["closings"][0]["receipts"] == []


def test_closing_needs_its_right_and_reading_the_right_to_read_journals(past: ClosedBooks) -> None:
    period = str(days_ago(3))
    with ClosedBooks(past.stack, past.ledger, ["journal:read"]) as reader:
        refused(reader.close(period), 403, "forbidden")
        assert reader.get("archive", "/periods").status_code == 200
    with ClosedBooks(past.stack, past.ledger, ["periods:close"]) as closer:
        ok(closer.close(period))
        refused(closer.get("archive", f"/periods/{period}/package"), 403, "forbidden")


def test_one_command_closes_all_that_is_due(
    past: ClosedBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    for service, url in past.stack.urls.items():
        monkeypatch.setenv(f"ACQUIT_{service.upper()}_URL", url)
    monkeypatch.setenv("ACQUIT_TOKEN", past.token)
    due = ok(past.get("archive", "/periods/due"))["periods"]
    days = [str(days_ago(count)) for count in (3, 2, 1)]
    assert [name for name in due if len(name) == 10] == days
    said = CliRunner().invoke(app, ["close", "--ledger", past.ledger])
    assert said.exit_code == 0, said.output
    assert f"{len(due)} periods closed." in said.output
    assert "no third party is configured" in said.output
    for name in due:
        deposited(past, name)
    assert ok(past.get("archive", "/periods/due"))["periods"] == []
    said = CliRunner().invoke(app, ["verify", "--ledger", past.ledger])
    assert f"{len(due)} closed periods, {2 * len(due)} receipts" in " ".join(said.output.split())
    again = CliRunner().invoke(app, ["close", days[0], "--ledger", past.ledger, "--json"])
    assert [closing["period"] for closing in json.loads(again.stdout)] == days[:1]


# ── altered afterwards ──────────────────────────────────────────────────────────

FLIP = """
UPDATE copied_entries SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)
WHERE ledger = $1 AND source = 'payments' AND position = 2
"""
# The archive's journal says another digest from now on: as somebody would who swaps a package.
ANOTHER_DIGEST = """
UPDATE journal SET sealed = convert_to(regexp_replace(
    convert_from(sealed, 'UTF8'), '"package_sha256":"[0-9a-f]{4}', '"package_sha256":"0000'
), 'UTF8') WHERE ledger = $1 AND type = 'archive.FACT.v1'
"""
REHASH = "UPDATE journal SET hash = sha256(sealed) WHERE ledger = $1"


@pytest.mark.feature("S2-07")
def test_an_altered_package_and_a_forged_receipt_are_found_and_named(past: ClosedBooks) -> None:
    day = days_ago(3)
    past.record_at([(at(day, 11), [past.paid("P1", "100.00")])])
    period = deposited(past, ok(past.close(str(day)))["period"])["period"]
    for statements, where in (
        ([FLIP], (period, "package")),
        ([ANOTHER_DIGEST.replace("FACT", "period-closed"), REHASH], (period, "package")),
        ([ANOTHER_DIGEST.replace("FACT", "package-deposited"), REHASH], (period, "receipt")),
    ):
        with tampered(past.stack, "archive", past.ledger, *statements):
            report = past.verify()
        assert not report["intact"]
        (checked,) = report["closings"]
        flaws = [checked["flaw"], *(receipt["flaw"] for receipt in checked["receipts"])]
        named = {(checked["period"], flaw["flaw"]) for flaw in flaws if flaw}
        assert where in named
        assert any(period in flaw["detail"] for flaw in flaws if flaw)
    assert past.verify()["closings"][0]["verdict"] == "intact"
