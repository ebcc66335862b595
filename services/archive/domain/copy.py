"""The copy: every entry of the other services' journals, byte for byte, in order (S2-03).

The invariant: an entry is copied only if it continues the copy, so what is in it is
whole from its first position to its last. What was copied is never changed or dropped;
the same entry again changes nothing, and another entry in its place is refused.
"""

from shared.checking import Flaw, link_flaw
from shared.decider import Row
from shared.errors import Refusal
from shared.seal import SealedEntry, genesis

SOURCES = ("payments", "invoicing", "reconciliation")

# ── remembered ──────────────────────────────────────────────────────────────────


class CopiedEntry(Row, frozen=True):
    """One entry as its owner sealed it; `place` names its source and position."""

    key = "place"

    place: str
    source: str
    position: int
    sealed: bytes
    hash: bytes
    signature: bytes | None

    def stored(self) -> SealedEntry:
        """Return it in the form in which every service stores its own."""
        return SealedEntry(self.ledger, self.position, self.sealed, self.hash, self.signature)


def place(source: str, position: int) -> str:
    """Name where an entry stands.

    >>> place("payments", 42)
    'payments/42'
    """
    return f"{source}/{position}"


# ── refused ─────────────────────────────────────────────────────────────────────


class DoesNotContinueCopy(Refusal):
    """What came is not the next entry of this journal, so it is not copied."""

    def __init__(self, flaw: Flaw) -> None:
        """Name the place and what is wrong there."""
        super().__init__(
            service=flaw.service,
            ledger=flaw.ledger,
            position=flaw.position,
            flaw=flaw.flaw,
            detail=flaw.detail,
        )


# ── decided ─────────────────────────────────────────────────────────────────────


def copied(
    source: str, entry: SealedEntry, *, before: CopiedEntry | None, same: CopiedEntry | None
) -> CopiedEntry:
    """Return the row that copies an entry, after the one copied before it.

    `same` is what was copied at its own position earlier, when the source is read again.
    Raises DoesNotContinueCopy when bytes and hash, place or link don't fit, or when
    another entry has its place.
    """
    if same is None:
        flaw = _flaw_after(before, source, entry)
    elif same.stored() != entry:
        detail = "another entry was copied at this position before"
        flaw = Flaw(source, entry.ledger, entry.position, "differs", detail)
    else:
        return same
    if flaw:
        raise DoesNotContinueCopy(flaw)
    return CopiedEntry(
        ledger=entry.ledger,
        place=place(source, entry.position),
        source=source,
        position=entry.position,
        sealed=entry.sealed,
        hash=entry.hash,
        signature=entry.signature,
    )


def _flaw_after(before: CopiedEntry | None, source: str, entry: SealedEntry) -> Flaw | None:
    if before is None and entry.position > 1:
        detail = f"position {entry.position} came, and the one before it was never copied"
        return Flaw(source, entry.ledger, entry.position - 1, "missing", detail)
    return link_flaw(
        entry,
        source,
        entry.ledger,
        after=before.position if before else 0,
        previous_hash=before.hash if before else genesis(source, entry.ledger),
    )
