"""What would be lost if these failed: the memory that proves itself would remember anything."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.archive.domain.copy import DoesNotContinueCopy
from shared.seal import SealedEntry
from tests.archive.archive_books import (
    LEDGER,
    altered,
    copies,
    entry_after,
    message,
    rewritten,
    taken,
    with_hash,
    written,
)

commits = st.lists(st.integers(1, 3), min_size=1, max_size=4)


def refusal(row: SealedEntry, *, after: list[SealedEntry]) -> dict[str, object]:
    """Return why an entry is not copied."""
    with pytest.raises(DoesNotContinueCopy) as refused:
        taken([message(row)], copies(after))
    return refused.value.facts


@given(commits, st.data())
def test_a_journal_is_copied_byte_for_byte_in_however_many_batches(
    sizes: list[int], data: st.DataObject
) -> None:
    journal = written(*sizes)
    cut = data.draw(st.integers(0, len(journal)))
    first = taken([message(row) for row in journal[:cut]])
    second = taken([message(row) for row in journal[cut:]], first)
    assert [row.stored() for row in (*first, *second)] == journal


def test_an_entry_that_was_copied_before_changes_nothing() -> None:
    journal = written(2, 1)
    assert taken([message(row) for row in journal], copies(journal)) == []


def test_a_journal_read_again_from_its_start_is_held_against_the_copy() -> None:
    journal = written(2, 1)
    other = rewritten(journal, 2, with_key=True)
    facts = refusal(other[1], after=journal)
    assert (facts["position"], facts["flaw"]) == (2, "differs")
    unsigned = replace(journal[2], signature=None)
    assert refusal(unsigned, after=journal)["flaw"] == "differs"


@pytest.mark.parametrize(
    ("row", "flaw"),
    [
        (altered(written(3), 3)[2], "altered"),
        (rewritten(written(3), 2)[2], "unlinked"),
        (with_hash(altered(rewritten(written(3), 2), 3)[2]), "unlinked"),
        (written(4)[3], "missing"),
    ],
)
def test_an_entry_that_does_not_continue_the_copy_is_refused(row: SealedEntry, flaw: str) -> None:
    facts = refusal(row, after=written(3)[:2])
    assert facts == {
        "service": "payments",
        "ledger": LEDGER,
        "position": 3,
        "flaw": flaw,
        "detail": facts["detail"],
    }


def test_nothing_is_copied_of_a_batch_with_a_flaw() -> None:
    journal = altered(written(4), 3)
    with pytest.raises(DoesNotContinueCopy) as refused:
        taken([message(row) for row in journal])
    assert refused.value.facts["position"] == 3


def test_the_first_entry_follows_nothing_but_the_journal_s_own_beginning() -> None:
    stranger = entry_after(None)
    borrowed = with_hash(
        replace(stranger, sealed=stranger.sealed.replace(LEDGER.encode(), b"another"))
    )
    with pytest.raises(DoesNotContinueCopy) as refused:
        taken([replace(message(stranger), stored=replace(borrowed, ledger=LEDGER))])
    assert refused.value.facts["flaw"] == "misplaced"
