"""An audit: one service's journal and our copy of it, checked entry by entry, side by side.

The invariant: each side is held against its own chain, signatures included, and both
against each other, so that whichever was changed, its first bad entry is named. Where
both are whole and still differ, the side whose entry no signed head covers is at fault;
if both are covered it is the journal, for the copy was made when the entry was written.
"""

from collections.abc import Sequence
from itertools import zip_longest

from services.archive.domain.copy import CopiedEntry, place
from shared.checking import Chain, Flaw, Place
from shared.seal import SealedEntry


class Audit:
    """Goes through a journal and its copy once, in pages; keeps only where it is."""

    def __init__(self, service: str, ledger: str, public_key: str) -> None:
        """Start before the first entry of both."""
        self.service = service
        self.ledger = ledger
        self._public_key = public_key
        self.journal = Chain(service, ledger, public_key)
        self.copy = Chain(service, ledger, public_key)
        self.journal_flaw: Flaw | None = None
        self.copy_flaw: Flaw | None = None
        self._head: tuple[int, bytes, bytes | None] = (0, b"", None)
        self.differing: tuple[SealedEntry, SealedEntry] | None = None

    def expect_head(self, position: int, entry_hash: bytes, signature: bytes | None) -> None:
        """Take the head that the owner stated before its entries are read."""
        self._head = (position, entry_hash, signature)

    def part(self, journal: Place, copy: Place) -> "Audit":
        """Return an audit that goes on from these places, which `join` takes back."""
        part = Audit(self.service, self.ledger, self._public_key)
        part.expect_head(*self._head)
        part.journal.position, part.journal.hash = journal
        part.copy.position, part.copy.hash = copy
        return part

    def join(self, part: "Audit") -> None:
        """Go on where a part ended that began where we are, on each side that has no flaw yet."""
        if not (self.journal_flaw or self.copy_flaw or self.differing):
            self.differing = part.differing
        if not self.journal_flaw:
            self.journal.go_on(part.journal)
            self.journal_flaw = part.journal_flaw
        if not self.copy_flaw:
            self.copy.go_on(part.copy)
            self.copy_flaw = part.copy_flaw

    def see(self, owned: Sequence[SealedEntry], copies: Sequence[CopiedEntry]) -> None:
        """Check the next entries of the journal and the next of the copy."""
        for entry, row in zip_longest(owned, copies):
            kept = row.stored() if row else None
            together = entry == kept and self.journal.place == self.copy.place
            if entry and not self.journal_flaw:
                self.journal_flaw = self._check_journal(entry)
            if row and kept and not self.copy_flaw:
                known = together and not self.journal_flaw
                self.copy_flaw = self._check_copy(row, kept, known=known)
            if self.journal_flaw or self.copy_flaw or self.differing:
                continue
            if entry and kept and kept != entry:
                self.differing = (entry, kept)

    def _check_journal(self, entry: SealedEntry) -> Flaw | None:
        flaw = self.journal.check(entry)
        if flaw is None and entry.position == self._head[0]:
            return self.journal.compare_head(*self._head)
        return flaw

    def _check_copy(self, row: CopiedEntry, kept: SealedEntry, *, known: bool) -> Flaw | None:
        """Check an entry of the copy; one known to be the journal's, at its place, was checked."""
        flaw = None
        if known:
            self.copy.go_on(self.journal)
        else:
            flaw = self.copy.check(kept)
        if flaw is None and row.place != place(row.source, row.position):
            return self.copy.flaw(row.position, "misfiled", f"its place says {row.place}")
        return flaw

    def finish_journal(self, *, head_position_after: int) -> None:
        """Compare where the journal ended with its head, before and after it was read."""
        if self.journal_flaw:
            return
        before, end = self._head[0], self.journal.position
        if end < before:
            self.journal_flaw = self.journal.compare_head(before, None, None)
        elif end > max(before, head_position_after):
            self.journal_flaw = self.journal.compare_head(head_position_after, None, None)
        else:
            self.journal_flaw = self.journal.finish()

    def finish_copy(self, *, followed: int, followed_hash: bytes | None) -> None:
        """Compare where the copy ended with the last entry that was followed."""
        end = self.copy.position
        if self.copy_flaw:
            return
        if end == followed:
            if end and followed_hash != self.copy.hash:
                detail = "its checkpoint has another hash than its last entry"
                self.copy_flaw = self.copy.flaw(end, "checkpoint", detail)
        elif end < followed:
            detail = f"it was copied up to position {followed}"
            self.copy_flaw = self.copy.flaw(end + 1, "cut", detail)
        else:
            detail = f"it never came: the journal was followed up to position {followed}"
            self.copy_flaw = self.copy.flaw(followed + 1, "beyond", detail)

    def compare(self) -> None:
        """Say which side is at fault where the two differ, once both were read to their ends."""
        if self.differing:
            self._blame(*self.differing)
        elif not self.journal_flaw and self.copy.position > self.journal.position:
            self._blame_end()

    def _blame_end(self) -> None:
        first = self.journal.position + 1
        if self.copy.signed_position >= first:
            detail = f"the archive holds signed entries up to position {self.copy.signed_position}"
            self.journal_flaw = self.journal.flaw(first, "cut", detail)
        elif not self.copy_flaw:
            detail = "its owner does not have it and no signed head covers it"
            self.copy_flaw = self.copy.flaw(first, "beyond", detail)

    def _blame(self, entry: SealedEntry, kept: SealedEntry) -> None:
        at = entry.position
        if (entry.sealed, entry.hash) == (kept.sealed, kept.hash):
            in_journal = kept.signature is not None
            detail = "its signature is not the one that was made when it was written"
        else:
            in_journal = self.copy.signed_position >= at
            detail = "journal and copy are both whole and say different things"
        flaw = self.journal.flaw(at, "differs", detail)
        if in_journal:
            self.journal_flaw = _earlier(self.journal_flaw, flaw)
        else:
            self.copy_flaw = _earlier(self.copy_flaw, flaw)


def _earlier(known: Flaw | None, found: Flaw) -> Flaw:
    return known if known and known.position <= found.position else found
