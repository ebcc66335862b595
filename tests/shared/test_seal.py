"""What would be lost if these failed: the proof that nothing was altered afterwards."""

import hashlib
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec import structs

from shared import chains
from shared.checking import Chain
from shared.events.payments import PaymentMethodConfigured
from shared.seal import SealedEntry, Signer, genesis
from tests.shared.kept import (
    OTHER_SEED,
    SEED,
    Kept,
    continued,
    entry,
    filed,
    journals,
    public_key,
    rehashed,
    signed,
    where,
    written,
)

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
    other = structs.replace(entry(1), ledger="other")
    row = signed(chains.seal(other, genesis("payments", "demo")))
    assert where(Kept((replace(row, ledger="demo"),), row).first_flaw()) == (1, "misplaced")


@pytest.mark.parametrize("sealed", [b"", b"[]", b'"text"', b"{}", b'{"service":"payments"'])
def test_bytes_that_are_no_envelope_are_altered(sealed: bytes) -> None:
    row = SealedEntry("demo", 1, sealed, hashlib.sha256(sealed).digest())
    assert where(Kept((row,), row).first_flaw()) == (1, "altered")


@pytest.mark.parametrize(
    "change",
    [
        {"entry_id": str(UUID(int=99))},
        {"stream": "payment-method/other"},
        {"type": "payments.payment-reversed.v1"},
        {"recorded_at": "2025-08-18T12:00:01.000250Z"},
    ],
)
def test_a_column_that_does_not_say_what_is_sealed_names_its_entry(change: dict[str, Any]) -> None:
    journal = written(1, 2)
    filed_as = journal.rows[1].filed
    assert filed_as is not None
    changed = structs.replace(filed_as, **change)
    assert where(journal.with_row(2, filed=changed).first_flaw()) == (2, "misfiled")


def test_a_column_that_repeats_an_escape_does_not_say_what_is_sealed() -> None:
    fact = PaymentMethodConfigured(code='a"b', label="Virement", untdid_4461="58")
    quoted = structs.replace(entry(1), fact=fact)
    row = replace(chains.seal(quoted, genesis("payments", "demo")), filed=filed(quoted))
    assert where(Kept((row,), row).first_flaw()) == (1, "head")  # as it is not signed
    escaped = structs.replace(filed(quoted), stream=r"payment-method/a\"b")
    assert where(Kept((replace(row, filed=escaped),), row).first_flaw()) == (1, "misfiled")


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


def test_a_text_that_imitates_an_envelope_stands_for_nothing() -> None:
    chain = Chain("payments", "demo", public_key(SEED))
    first = chains.seal(entry(1), genesis("payments", "demo"))
    imitation = (
        f'"ledger":"demo","position":2,"previous_hash":"{first.hash.hex()}","service":"payments",'
    )
    stranger = replace(chains.seal(entry(5, label=imitation), bytes(32)), position=2)
    assert chain.check(first) is None
    flaw = chain.check(stranger)
    assert flaw is not None
    assert flaw.flaw == "misplaced"
