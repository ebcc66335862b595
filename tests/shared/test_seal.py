"""What would be lost if these failed: the proof that nothing was altered afterwards."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import assume, given
from hypothesis import strategies as st

from shared import chains
from shared.events.payments import PaymentMethodConfigured
from shared.seal import (
    Chain,
    Context,
    Entry,
    Filed,
    Flaw,
    NotCanonicalError,
    SealedEntry,
    Signer,
    canonical,
    entry_from,
    genesis,
)

SEED = base64.b64encode(bytes(range(32))).decode()
OTHER_SEED = base64.b64encode(bytes(32)).decode()
SIGNER = Signer("payments", SEED)
NOON = datetime(2025, 8, 18, 12, 0, 0, 250, UTC)
BY = Context(actor="anna", correlation_id=UUID(int=7))


def public_key(seed: str) -> str:
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(seed)).public_key()
    return base64.b64encode(key.public_bytes_raw()).decode()


def entry(position: int, label: str = "Virement") -> Entry:
    return Entry(
        service="payments",
        ledger="demo",
        position=position,
        entry_id=UUID(int=position),
        recorded_at=NOON,
        context=BY,
        fact=PaymentMethodConfigured(code=f"m{position}", label=label, untdid_4461="58"),
    )


def signed(entry: SealedEntry) -> SealedEntry:
    signature = SIGNER.sign(entry.ledger, entry.position, entry.hash)
    return replace(entry, signature=signature)


def filed(entry: Entry) -> Filed:
    return Filed(entry.entry_id, entry.fact.stream(), entry.fact.type, entry.recorded_at)


@dataclass(frozen=True)
class Kept:
    """A journal as its table holds it: rows, and the head beside them."""

    rows: tuple[SealedEntry, ...]
    head: SealedEntry | None

    def first_flaw(self) -> Flaw | None:
        """Verify it as every service verifies its own."""
        chain = Chain("payments", "demo", public_key(SEED))
        end = (
            (self.head.position, self.head.hash, self.head.signature)
            if self.head
            else (0, b"", None)
        )
        return chain.first_flaw(self.rows) or chain.compare_head(*end) or chain.finish()

    def with_rows(self, rows: Sequence[SealedEntry]) -> "Kept":
        """Return it with other rows under the same head."""
        return Kept(tuple(rows), self.head)

    def with_row(self, position: int, **changes: Any) -> "Kept":
        """Return it with one row changed."""
        rows = [replace(r, **changes) if r.position == position else r for r in self.rows]
        return self.with_rows(rows)


def written(*commits: int) -> Kept:
    """Write commits of so many entries each; the last entry of each is signed."""
    rows: list[SealedEntry] = []
    previous = genesis("payments", "demo")
    for count in commits:
        for _ in range(count):
            fact = entry(len(rows) + 1)
            rows.append(replace(chains.seal(fact, previous), filed=filed(fact)))
            previous = rows[-1].hash
        rows[-1] = signed(rows[-1])
    return Kept(tuple(rows), rows[-1] if rows else None)


def continued(after: SealedEntry, label: str) -> SealedEntry:
    """Forge an entry that follows another: all that can be done without the key."""
    return chains.seal(entry(after.position + 1, label), after.hash)


def rehashed(row: SealedEntry, sealed: bytes) -> SealedEntry:
    return replace(row, sealed=sealed, hash=hashlib.sha256(sealed).digest())


def where(flaw: Flaw | None) -> tuple[int, str]:
    assert flaw is not None
    assert (flaw.service, flaw.ledger) == ("payments", "demo")
    return flaw.position, flaw.flaw


journals = st.lists(st.integers(1, 4), min_size=1, max_size=5).map(lambda sizes: written(*sizes))

# ── canonical bytes ─────────────────────────────────────────────────────────────

ascii_keys = st.text(st.characters(max_codepoint=127), max_size=4)
sealable = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ascii_keys, inner, max_size=3),
    max_leaves=6,
)
envelopes = st.dictionaries(ascii_keys, sealable, max_size=4)
unsealable = (
    st.floats()
    | st.integers(min_value=2**53)
    | st.integers(max_value=-(2**53))
    | st.binary()
    | st.datetimes()
    | st.decimals()
    | st.just("\ud800")
    | st.dictionaries(st.text(st.characters(min_codepoint=128), min_size=1), st.none(), min_size=1)
    | st.dictionaries(st.integers(), st.none(), min_size=1)
)


@given(envelopes)
def test_what_is_sealed_is_rfc_8785_json(value: dict[str, Any]) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@given(envelopes)
def test_sealed_bytes_read_back_as_what_was_sealed(value: dict[str, Any]) -> None:
    assert orjson.loads(canonical(value)) == value
    assert canonical(orjson.loads(canonical(value))) == canonical(value)


@given(envelopes, st.sampled_from(["first", "deep"]), unsealable)
def test_whatever_rfc_8785_json_could_write_in_two_ways_is_refused(
    value: dict[str, Any], depth: str, stranger: object
) -> None:
    inside = {**value, "x": stranger if depth == "first" else [{"y": [stranger]}]}
    with pytest.raises(NotCanonicalError):
        canonical(inside)


def test_bottomless_data_is_refused_and_not_a_crash() -> None:
    deep: dict[str, Any] = {}
    for _ in range(5_000):
        deep = {"a": deep}
    with pytest.raises(NotCanonicalError):
        canonical(deep)


def test_the_bytes_of_an_entry_are_these_for_ever() -> None:
    """A verifier written years from now recomputes exactly this."""
    sealed = chains.seal(entry(1), genesis("payments", "demo"))
    assert sealed.sealed == (
        b'{"actor":"anna","causation_id":null,'
        b'"correlation_id":"00000000-0000-0000-0000-000000000007",'
        b'"data":{"active":true,"code":"m1","default":false,"label":"Virement",'
        b'"untdid_4461":"58"},"format":"acquit-1",'
        b'"id":"00000000-0000-0000-0000-000000000001","ledger":"demo","position":1,'
        b'"previous_hash":"ff5d14cf71478c47e588dfdfcb68efe47b51561d09ebed47453c8b2d6225ba10",'
        b'"recorded_at":"2025-08-18T12:00:00.000250Z","service":"payments",'
        b'"stream":"payment-method/m1","type":"payments.payment-method-configured.v1"}'
    )
    assert sealed.hash == hashlib.sha256(sealed.sealed).digest()


def test_an_entry_read_back_from_its_bytes_is_the_entry_that_was_sealed() -> None:
    sealed = chains.seal(entry(1), genesis("payments", "demo"))
    assert entry_from(orjson.loads(sealed.sealed)) == entry(1)


def test_each_service_and_ledger_starts_from_its_own_hash() -> None:
    starts = {genesis(s, ledger) for s in ("payments", "invoicing") for ledger in ("a", "b")}
    assert len(starts) == 4


# ── the chain ───────────────────────────────────────────────────────────────────


@given(journals)
def test_a_journal_as_it_was_written_is_whole(journal: Kept) -> None:
    assert journal.first_flaw() is None


def test_a_journal_without_entries_is_whole() -> None:
    assert Kept((), None).first_flaw() is None


@given(journals, st.data())
def test_a_flipped_bit_names_its_entry(journal: Kept, data: st.DataObject) -> None:
    row = data.draw(st.sampled_from(journal.rows))
    bit = data.draw(st.integers(0, len(row.sealed) * 8 - 1))
    changed = bytearray(row.sealed)
    changed[bit // 8] ^= 1 << bit % 8
    flaw = journal.with_row(row.position, sealed=bytes(changed)).first_flaw()
    assert where(flaw) == (row.position, "altered")


@given(journals, st.data())
def test_a_changed_hash_names_its_entry(journal: Kept, data: st.DataObject) -> None:
    row = data.draw(st.sampled_from(journal.rows))
    changed = bytes([row.hash[0] ^ 1]) + row.hash[1:]
    assert where(journal.with_row(row.position, hash=changed).first_flaw()) == (
        row.position,
        "altered",
    )


@given(journals, st.data())
def test_a_changed_entry_with_a_matching_hash_breaks_its_signature_or_the_next_link(
    journal: Kept, data: st.DataObject
) -> None:
    row = data.draw(st.sampled_from(journal.rows))
    forged = rehashed(row, row.sealed.replace(b"Virement", b"virement"))
    flaw = journal.with_row(row.position, sealed=forged.sealed, hash=forged.hash).first_flaw()
    expected = (row.position, "signature") if row.signature else (row.position + 1, "unlinked")
    assert where(flaw) == expected


@given(journals, st.data())
def test_rewriting_from_an_entry_to_the_end_breaks_the_next_signed_head(
    journal: Kept, data: st.DataObject
) -> None:
    start = data.draw(st.integers(1, len(journal.rows)))
    rows = list(journal.rows[: start - 1])
    for old in journal.rows[start - 1 :]:
        previous = rows[-1].hash if rows else genesis("payments", "demo")
        forged = chains.seal(entry(old.position, "Forged"), previous)
        rows.append(replace(forged, signature=old.signature))
    first_signed = next(r.position for r in journal.rows[start - 1 :] if r.signature)
    head = replace(rows[-1])
    assert where(Kept(tuple(rows), head).first_flaw()) == (first_signed, "signature")


@given(journals, st.data())
def test_rewriting_without_signatures_leaves_an_end_that_no_head_covers(
    journal: Kept, data: st.DataObject
) -> None:
    start = data.draw(st.integers(1, len(journal.rows)))
    rows = list(journal.rows[: start - 1])
    for old in journal.rows[start - 1 :]:
        previous = rows[-1].hash if rows else genesis("payments", "demo")
        rows.append(chains.seal(entry(old.position, "Forged"), previous))
    flaw = Kept(tuple(rows), rows[-1]).first_flaw()
    assert where(flaw) == (len(rows), "head")


@given(journals, st.data())
def test_two_entries_that_changed_places_name_the_earlier(
    journal: Kept, data: st.DataObject
) -> None:
    assume(len(journal.rows) > 1)
    first = data.draw(st.integers(0, len(journal.rows) - 2))
    second = data.draw(st.integers(first + 1, len(journal.rows) - 1))
    rows = list(journal.rows)
    rows[first] = replace(journal.rows[second], position=first + 1)
    rows[second] = replace(journal.rows[first], position=second + 1)
    assert where(journal.with_rows(rows).first_flaw()) == (first + 1, "misplaced")


@given(journals, st.data())
def test_a_deleted_entry_is_named(journal: Kept, data: st.DataObject) -> None:
    gone = data.draw(st.integers(1, len(journal.rows)))
    rows = [row for row in journal.rows if row.position != gone]
    kind = "cut" if gone == len(journal.rows) else "missing"
    assert where(journal.with_rows(rows).first_flaw()) == (gone, kind)


@given(journals, st.data())
def test_a_cut_tail_names_the_first_entry_that_is_missing(
    journal: Kept, data: st.DataObject
) -> None:
    left = data.draw(st.integers(0, len(journal.rows) - 1))
    assert where(journal.with_rows(journal.rows[:left]).first_flaw()) == (left + 1, "cut")


@given(journals, st.data())
def test_an_entry_put_in_between_is_named_or_the_one_it_pushed_away(
    journal: Kept, data: st.DataObject
) -> None:
    after = data.draw(st.integers(1, len(journal.rows) - 1)) if len(journal.rows) > 1 else 1
    forged = continued(journal.rows[after - 1], "Forged")
    pushed = [replace(row, position=row.position + 1) for row in journal.rows[after:]]
    rows = [*journal.rows[:after], forged, *pushed]
    expected = (after + 2, "misplaced") if pushed else (after + 1, "beyond")
    assert where(journal.with_rows(rows).first_flaw()) == expected


@given(journals, st.integers(-(2**62), 0))
def test_a_row_at_a_position_that_no_writer_gives_is_named(journal: Kept, position: int) -> None:
    stray = replace(journal.rows[0], position=position)
    assert where(journal.with_rows([stray, *journal.rows]).first_flaw()) == (position, "repeated")


def test_an_entry_of_another_ledger_is_misplaced() -> None:
    other = replace(entry(1), ledger="other")
    row = signed(chains.seal(other, genesis("payments", "demo")))
    assert where(Kept((replace(row, ledger="demo"),), row).first_flaw()) == (1, "misplaced")


@pytest.mark.parametrize("sealed", [b"", b"[]", b'"text"', b"{}", b'{"service":"payments"'])
def test_bytes_that_are_no_envelope_are_altered(sealed: bytes) -> None:
    row = SealedEntry("demo", 1, sealed, hashlib.sha256(sealed).digest())
    assert where(Kept((row,), row).first_flaw()) == (1, "altered")


@pytest.mark.parametrize(
    "change",
    [
        {"entry_id": UUID(int=99)},
        {"stream": "payment-method/other"},
        {"type": "payments.payment-reversed.v1"},
        {"recorded_at": datetime(2025, 8, 18, 12, 0, 1, 250, UTC)},
    ],
)
def test_a_column_that_does_not_say_what_is_sealed_names_its_entry(change: dict[str, Any]) -> None:
    journal = written(1, 2)
    filed_as = journal.rows[1].filed
    assert filed_as is not None
    changed = replace(filed_as, **change)
    assert where(journal.with_row(2, filed=changed).first_flaw()) == (2, "misfiled")


def test_columns_are_no_part_of_what_makes_two_entries_equal() -> None:
    row = written(1).rows[0]
    assert row == replace(row, filed=None)


# ── heads ───────────────────────────────────────────────────────────────────────


def test_a_head_signed_with_another_key_is_not_ours() -> None:
    journal = written(2)
    forged = Signer("payments", OTHER_SEED).sign("demo", 2, journal.rows[1].hash)
    assert where(journal.with_row(2, signature=forged).first_flaw()) == (2, "signature")


@pytest.mark.parametrize(("service", "ledger"), [("invoicing", "demo"), ("payments", "other")])
def test_the_signature_of_another_journal_is_not_ours(service: str, ledger: str) -> None:
    journal = written(1)
    borrowed = Signer(service, SEED).sign(ledger, 1, journal.rows[0].hash)
    assert where(journal.with_row(1, signature=borrowed).first_flaw()) == (1, "signature")


def test_the_last_entry_must_be_signed() -> None:
    journal = written(1, 2)
    assert where(journal.with_row(3, signature=None).first_flaw()) == (3, "unsigned")


def test_a_head_behind_the_entries_names_the_first_one_after_it() -> None:
    journal = written(1, 1, 1)
    assert where(Kept(journal.rows, journal.rows[1]).first_flaw()) == (3, "beyond")
    assert where(Kept(journal.rows, None).first_flaw()) == (1, "beyond")


@pytest.mark.parametrize("change", [{"hash": bytes(32)}, {"signature": None}])
def test_a_changed_head_names_its_entry(change: dict[str, Any]) -> None:
    journal = written(3)
    assert journal.head is not None
    head = replace(journal.head, **change)
    assert where(Kept(journal.rows, head).first_flaw()) == (3, "head")


def test_what_was_found_whole_is_counted() -> None:
    journal = written(2, 2)
    chain = Chain("payments", "demo", public_key(SEED))
    assert chain.first_flaw(journal.with_row(4, hash=bytes(32)).rows) is not None
    assert (chain.position, chain.signed_position) == (3, 2)
