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

from deploy.local.stack import Stack
from services.archive.settings import certificates_in
from services.archive.third_parties.timestamping import Timestamping
from shared.dates import civil_date, now
from tests.archive.authority import Authority, Vault, answering
from tests.archive.closed_books import ClosedBooks, another_archive, keeping, parties, stamping
from tests.books import ok, until

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
