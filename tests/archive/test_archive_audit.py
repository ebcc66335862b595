"""What would be lost if these failed: somebody could change the books, and nobody would know.

Each test changes a journal or its copy as who controls a database could, and finds the
first bad entry named, on the side where it is.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec import structs

from shared.seal import SealedEntry
from tests.archive.archive_books import (
    Case,
    altered,
    copies,
    entry_after,
    rewritten,
    signed,
    with_hash,
    written,
)

commits = st.lists(st.integers(1, 3), min_size=1, max_size=4)
pages = st.integers(1, 7)


# ── nothing wrong ───────────────────────────────────────────────────────────────


@given(commits, pages, st.data())
def test_whole_journals_and_copies_are_intact_however_far_the_copy_is(
    sizes: list[int], page: int, data: st.DataObject
) -> None:
    journal = written(*sizes)
    copied = data.draw(st.integers(0, len(journal)))
    case = Case(journal, copies(journal[:copied]), page=page)
    assert (case.journal_flaw, case.copy_flaw) == (None, None)
    assert (case.audit.journal.position, case.audit.copy.position) == (len(journal), copied)


def test_a_ledger_without_entries_is_intact() -> None:
    case = Case([], [])
    assert (case.journal_flaw, case.copy_flaw) == (None, None)


def test_what_is_written_while_the_journal_is_read_is_no_flaw() -> None:
    journal = written(2, 1, 2)
    case = Case(journal, copies(journal[:2]), head=journal[1], head_after=7)
    assert (case.journal_flaw, case.copy_flaw) == (None, None)


# ── the journal was changed ─────────────────────────────────────────────────────


def swapped(rows: Sequence[SealedEntry], one: int, other: int) -> list[SealedEntry]:
    """Let two entries change places."""
    changed = list(rows)
    changed[one - 1] = replace(rows[other - 1], position=one)
    changed[other - 1] = replace(rows[one - 1], position=other)
    return changed


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        (lambda rows: altered(rows, 3), (3, "altered")),
        (lambda rows: [with_hash(row) for row in altered(rows, 3)], (3, "differs")),
        (lambda rows: [with_hash(row) for row in altered(rows, 4)], (4, "signature")),
        (lambda rows: [*rows[:2], *rows[3:]], (3, "missing")),
        (lambda rows: swapped(rows, 2, 5), (2, "misplaced")),
        (lambda rows: rows[:4], (5, "cut")),
        (lambda rows: [*rows, entry_after(rows[-1], "Forged")], (7, "beyond")),
        (lambda rows: [replace(rows[0], position=0), *rows], (0, "repeated")),
        (lambda rows: rewritten(rows, 3), (3, "differs")),
    ],
)
def test_a_changed_journal_is_named_and_the_copy_is_not(
    tamper: Callable[[list[SealedEntry]], list[SealedEntry]], expected: tuple[int, str]
) -> None:
    journal = written(2, 2, 2)
    case = Case(tamper(journal), copies(journal), head=journal[-1])
    assert (case.journal_flaw, case.copy_flaw) == (expected, None)


@given(commits, st.data(), pages)
def test_a_tail_cut_together_with_its_head_is_known_from_the_copy(
    sizes: list[int], data: st.DataObject, page: int
) -> None:
    journal = written(*sizes)
    ends = [row.position for row in journal if row.signature][:-1]
    assume(ends)
    left = data.draw(st.sampled_from([0, *ends]))
    case = Case(journal[:left], copies(journal), page=page)
    assert (case.journal_flaw, case.copy_flaw) == ((left + 1, "cut"), None)


@given(commits, st.data(), pages)
def test_a_history_signed_anew_with_the_stolen_key_is_known_from_the_copy(
    sizes: list[int], data: st.DataObject, page: int
) -> None:
    journal = written(*sizes)
    start = data.draw(st.integers(1, len(journal)))
    case = Case(rewritten(journal, start, with_key=True), copies(journal), page=page)
    assert (case.journal_flaw, case.copy_flaw) == ((start, "differs"), None)


def test_a_removed_signature_is_known_from_the_copy() -> None:
    journal = written(2, 2)
    changed = [replace(row, signature=None) if row.position == 2 else row for row in journal]
    case = Case(changed, copies(journal))
    assert (case.journal_flaw, case.copy_flaw) == ((2, "differs"), None)


def test_a_head_put_back_leaves_entries_beyond_it() -> None:
    journal = written(2, 2)
    case = Case(journal, copies(journal), head=journal[1])
    assert (case.journal_flaw, case.copy_flaw) == ((3, "beyond"), None)


# ── the copy was changed ────────────────────────────────────────────────────────


@given(commits, st.data(), pages)
def test_a_changed_copy_is_named_and_the_journal_is_not(
    sizes: list[int], data: st.DataObject, page: int
) -> None:
    journal = written(*sizes)
    at = data.draw(st.integers(1, len(journal)))
    case = Case(journal, copies(altered(journal, at)), page=page)
    assert (case.journal_flaw, case.copy_flaw) == (None, (at, "altered"))


def test_an_entry_missing_in_the_copy_is_named() -> None:
    journal = written(2, 2)
    case = Case(journal, copies([journal[0], *journal[2:]]), followed=4)
    assert (case.journal_flaw, case.copy_flaw) == (None, (2, "missing"))


def test_a_copy_that_lost_its_tail_is_cut_and_not_behind() -> None:
    journal = written(2, 2)
    case = Case(journal, copies(journal[:3]), followed=4)
    assert (case.journal_flaw, case.copy_flaw) == (None, (4, "cut"))


def test_an_entry_slipped_into_the_copy_never_came() -> None:
    journal = written(2)
    forged = [*journal, entry_after(journal[-1], "Forged")]
    case = Case(journal, copies(forged), followed=2)
    assert (case.journal_flaw, case.copy_flaw) == (None, (3, "beyond"))


def test_an_unsigned_entry_in_the_copy_alone_does_not_accuse_the_journal() -> None:
    journal = written(2)
    forged = [*journal, entry_after(journal[-1], "Forged")]
    case = Case(journal, copies(forged), followed=3)
    assert (case.journal_flaw, case.copy_flaw) == (None, (3, "beyond"))


@given(commits, st.data())
def test_a_copy_written_anew_without_the_key_does_not_accuse_the_journal(
    sizes: list[int], data: st.DataObject
) -> None:
    journal = written(*sizes)
    start = data.draw(st.integers(1, len(journal)))
    case = Case(journal, copies(rewritten(journal, start)))
    assert (case.journal_flaw, case.copy_flaw) == (None, (start, "differs"))


def test_a_signature_missing_in_the_copy_is_the_copy_s_flaw() -> None:
    journal = written(2, 2)
    changed = [replace(row, signature=None) if row.position == 2 else row for row in journal]
    case = Case(journal, copies(changed))
    assert (case.journal_flaw, case.copy_flaw) == (None, (2, "differs"))


def test_a_place_that_does_not_say_source_and_position_is_misfiled() -> None:
    journal = written(3)
    rows = copies(journal)
    rows[1] = structs.replace(rows[1], place="payments/7")
    case = Case(journal, rows)
    assert (case.journal_flaw, case.copy_flaw) == (None, (2, "misfiled"))


# ── both were changed ───────────────────────────────────────────────────────────


def test_flaws_on_both_sides_are_both_named() -> None:
    journal = written(2, 2, 2)
    case = Case(altered(journal, 5), copies(altered(journal, 2)))
    assert (case.journal_flaw, case.copy_flaw) == ((5, "altered"), (2, "altered"))


def test_the_copy_is_checked_to_its_end_though_the_journal_is_broken() -> None:
    journal = written(2, 2, 2)
    case = Case(altered(journal, 2), copies(journal))
    assert case.audit.copy.position == len(journal)
    assert (case.audit.copy.signed_position, case.copy_flaw) == (6, None)


def test_a_head_that_is_signed_but_was_never_in_the_copy_is_no_flaw() -> None:
    journal = written(2)
    later = signed(entry_after(journal[-1]))
    case = Case([*journal, later], copies(journal))
    assert (case.journal_flaw, case.copy_flaw) == (None, None)
