"""If these failed, a package could not be made again, and its time-stamp would prove nothing."""

import base64
import hashlib
import io
import json
import tracemalloc
import zipfile
from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from services.archive.domain.totals import NEWEST
from shared.events.archive import PackageFormat
from shared.seal import SealedEntry
from tests import facts
from tests.archive.archive_books import LEDGER
from tests.archive.day_books import Written, at, sealed

FRIDAY = date(2026, 11, 27)
ROWS = sealed(
    (at(FRIDAY, 9, minute), facts.payment(f"P{minute}", "1.00", payer_name=f"Zoë « {minute} »"))
    for minute in range(8)
)
# Whoever changes a byte of this format, its notice too, leaves every receipt there is without its
# package. Another format needs a name of its own, and a field of PeriodClosed that says which.
GOLDEN: dict[PackageFormat, str] = {
    "acquit-archive-1": "eab78eab9617da59c983ee47752d70993d380a7b1049bdfadba12421e01b6e16",
    "acquit-archive-2": "f88c7fcfed30fbaf392a2afe7c6d9b53dd2c854fcf07ceedd25a31a3a4b9bddf",
}


def content(
    entries: list[SealedEntry], page: int = 100, package_format: PackageFormat = NEWEST
) -> bytes:
    file = io.BytesIO()
    Written(entries, page, package_format).to(file)
    return file.getvalue()


@pytest.mark.parametrize("package_format", GOLDEN)
def test_the_same_journals_give_the_same_bytes_in_every_release(
    package_format: PackageFormat,
) -> None:
    texts = [b'{"position":1}', '{"name":"Zoë"}'.encode()]
    digests = [hashlib.sha256(text).digest() for text in texts]
    entries = [
        SealedEntry(LEDGER, 1, texts[0], digests[0]),
        SealedEntry(LEDGER, 2, texts[1], digests[1], bytes(range(64))),
    ]
    made = content(entries, package_format=package_format)
    assert hashlib.sha256(made).hexdigest() == GOLDEN[package_format]


@given(st.integers(0, 8), st.integers(1, 9), st.integers(1, 9))
def test_the_same_journals_give_the_same_bytes_however_they_are_read(
    count: int, page: int, other: int
) -> None:
    assert content(ROWS[:count], page) == content(ROWS[:count], other)


@given(st.integers(0, 7), st.integers(1, 8))
def test_other_entries_give_other_bytes(one: int, more: int) -> None:
    assert content(ROWS[:one]) != content(ROWS[: one + more])


def test_a_package_says_where_and_when_it_was_made_to_nobody() -> None:
    with zipfile.ZipFile(io.BytesIO(content(ROWS))) as opened:
        for member in opened.infolist():
            assert member.date_time == (1980, 1, 1, 0, 0, 0)
            assert (member.compress_type, member.create_system) == (zipfile.ZIP_STORED, 3)


def test_a_package_can_be_checked_with_what_it_says_of_itself() -> None:
    """As its notice says, with nothing of ours."""
    with zipfile.ZipFile(io.BytesIO(content(ROWS))) as opened:
        assert opened.testzip() is None
        manifest = json.loads(opened.read("manifest.json"))
        for file in manifest["files"]:
            member = opened.read(file["name"])
            found = (len(member), hashlib.sha256(member).hexdigest())
            assert found == (file["bytes"], file["sha256"])
        assert [*opened.namelist()] == [*(f["name"] for f in manifest["files"]), "manifest.json"]
        assert "ARCHIVE D'UNE PÉRIODE CLÔTURÉE" in opened.read("LISEZ-MOI.txt").decode()
        key = json.loads(opened.read("public-keys.json"))["payments"]
        lines = opened.read("journals/payments.jsonl").splitlines()
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key))
    previous = None
    for position, line in enumerate(map(json.loads, lines), start=1):
        said = line["sealed"].encode()
        assert said == ROWS[position - 1].sealed
        assert hashlib.sha256(said).hexdigest() == line["hash"]
        assert previous in (None, json.loads(said)["previous_hash"])
        previous = line["hash"]
        head = f"acquit-1\npayments\n{LEDGER}\n{position}\n{line['hash']}"
        public.verify(bytes.fromhex(line["signature"]), head.encode())


def test_a_package_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    large = [ROWS[0]] * 40_000
    with (tmp_path / "large.zip").open("wb+") as file:
        tracemalloc.start()
        Written(large).to(file)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        size = file.seek(0, 2)
    assert size > 30_000_000
    assert most < size / 20
