"""If these failed, a receipt could be on record that proves nothing, or a good one be refused."""

import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from asn1crypto import tsp
from hypothesis import given
from hypothesis import strategies as st

from services.archive.settings import certificates_in, key_in
from services.archive.third_parties.depository import Depository
from services.archive.third_parties.third_party import ReceiptRefusedError, SealedPackage
from services.archive.third_parties.timestamping import Timestamping, request_for
from tests.archive.authority import Answer, Authority, Vault, answering

PACKAGE = b"a period, sealed"
DIGEST = hashlib.sha256(PACKAGE).hexdigest()
OTHER = hashlib.sha256(b"another period").hexdigest()


@pytest.fixture
def package(tmp_path: Path) -> SealedPackage:
    path = tmp_path / "2026-11-27.zip"
    path.write_bytes(PACKAGE)
    return SealedPackage(ledger="demo", period="2026-11-27", sha256=DIGEST, path=path)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def trusting(authority: Authority, url: str = "http://127.0.0.1:1") -> Timestamping:
    return Timestamping(url=url, trusted=certificates_in(authority.root_pem))


def keeping(vault: Vault, url: str = "http://127.0.0.1:1") -> Depository:
    return Depository(url=url, token=vault.token, public_key=key_in(vault.public_key))


# ── time-stamps ─────────────────────────────────────────────────────────────────


@given(digest=st.binary(min_size=32, max_size=32), nonce=st.integers(2**63, 2**64 - 1))
def test_the_request_is_what_the_rfc_says(digest: bytes, nonce: int) -> None:
    asked = tsp.TimeStampReq.load(request_for(digest, nonce), strict=True).native
    assert asked["version"] == "v1"
    assert asked["message_imprint"]["hash_algorithm"]["algorithm"] == "sha256"
    assert asked["message_imprint"]["hashed_message"] == digest
    assert (asked["nonce"], asked["cert_req"]) == (nonce, True)


@pytest.mark.feature("S2-07")
async def test_an_authority_certifies_when_it_saw_the_package(
    authority: Authority, package: SealedPackage
) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    with answering(lambda _path, body, _headers: (200, authority.stamp(body))) as url:
        party = trusting(authority, url)
        async with httpx.AsyncClient() as http:
            receipt = await party.deposit(http, package)
    certified = party.check(receipt, DIGEST)
    assert before <= certified.at <= datetime.now(UTC)
    assert certified.by == "CN=Horodatage de test"


def test_a_stamp_of_another_package_proves_nothing(authority: Authority) -> None:
    with pytest.raises(ReceiptRefusedError, match="Mismatch between messages"):
        trusting(authority).check(authority.stamp_of(OTHER), DIGEST)


def test_a_stamp_by_somebody_else_proves_nothing(authority: Authority) -> None:
    namesake = Authority(authority.name)
    with pytest.raises(ReceiptRefusedError, match="certificates"):
        trusting(authority).check(namesake.stamp_of(DIGEST), DIGEST)


def test_a_stamp_outside_the_life_of_its_certificate_proves_nothing() -> None:
    late = Authority()
    late.gen_time = lambda: datetime.now(UTC) + timedelta(days=800)
    with pytest.raises(ReceiptRefusedError):
        trusting(late).check(late.stamp_of(DIGEST), DIGEST)


def test_an_altered_stamp_proves_nothing_whichever_byte_was_altered(authority: Authority) -> None:
    """Some bytes say nothing that anybody reads; what is certified never changes with any."""
    party = trusting(authority)
    receipt = authority.stamp_of(DIGEST)
    certified = party.check(receipt, DIGEST)
    refused = 0
    for place in range(len(receipt)):
        altered = receipt[:place] + bytes([receipt[place] ^ 1]) + receipt[place + 1 :]
        try:
            assert party.check(altered, DIGEST) == certified
        except ReceiptRefusedError:
            refused += 1
    assert refused > len(receipt) * 0.9


async def test_a_stamp_given_before_is_no_answer_to_this_request(
    authority: Authority, package: SealedPackage
) -> None:
    earlier = authority.stamp(request_for(bytes.fromhex(DIGEST), 2**63))
    with answering(lambda *_: (200, earlier)) as url:
        async with httpx.AsyncClient() as http:
            with pytest.raises(ReceiptRefusedError, match="Nonce"):
                await trusting(authority, url).deposit(http, package)


@pytest.mark.parametrize("receipt", [b"", b"\x30\x00", b"nothing of the kind"])
def test_what_is_no_stamp_proves_nothing(authority: Authority, receipt: bytes) -> None:
    with pytest.raises(ReceiptRefusedError):
        trusting(authority).check(receipt, DIGEST)


# ── depositories ────────────────────────────────────────────────────────────────


@pytest.mark.feature("S2-07")
async def test_a_depository_keeps_the_package_and_signs_for_it(package: SealedPackage) -> None:
    vault = Vault()
    with answering(vault.keep) as url:
        async with httpx.AsyncClient() as http:
            receipt = await keeping(vault, url).deposit(http, package)
    assert vault.kept == {"/demo/2026-11-27.zip": PACKAGE}
    certified = keeping(vault).check(receipt, DIGEST)
    assert certified.by == "Coffre de test"
    assert datetime.now(UTC) - certified.at < timedelta(minutes=5)


def test_a_receipt_counts_only_for_its_package_and_with_its_key() -> None:
    vault, stranger = Vault(), Vault()
    party = keeping(vault)
    good = vault.receipt(DIGEST)
    party.check(good.encode(), DIGEST)
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    for receipt in (
        vault.receipt(OTHER),
        stranger.receipt(DIGEST),
        good[:-4] + "AAAA",
        f"{unsigned}.{good.split('.')[1]}.",
        "",
    ):
        with pytest.raises(ReceiptRefusedError):
            party.check(receipt.encode(), DIGEST)


# ── who does not answer as he should ────────────────────────────────────────────


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda *_: (503, b""), httpx.HTTPStatusError),
        (lambda *_: (200, b"x" * 2_000_000), httpx.DecodingError),
        (lambda *_: (200, b"welcome"), ReceiptRefusedError),
    ],
)
async def test_an_answer_that_is_no_receipt_is_an_error(
    authority: Authority,
    package: SealedPackage,
    answer: Callable[..., Answer],
    error: type[Exception],
) -> None:
    with answering(answer) as url:
        async with httpx.AsyncClient() as http:
            for party in (trusting(authority, url), keeping(Vault(), url)):
                with pytest.raises(error):
                    await party.deposit(http, package)
