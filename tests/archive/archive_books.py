"""Journals as their owners would hold them, and copies of them, for the archive's tests."""

import base64
import hashlib
import pickle
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.archive.domain.audit import Audit
from services.archive.domain.copy import CopiedEntry, place
from services.archive.projections import PROJECTION
from shared import bus, chains
from shared.bus import Message
from shared.checking import Flaw, Place
from shared.decider import Picture
from shared.events.payments import PaymentMethodConfigured
from shared.seal import Context, Entry, Filed, SealedEntry, Signer, genesis

SEED = base64.b64encode(bytes(range(32))).decode()
LEDGER = "archive-by-hand"
SIGNER = Signer("payments", SEED)
_KEY = Ed25519PrivateKey.from_private_bytes(base64.b64decode(SEED)).public_key()
PUBLIC_KEY = base64.b64encode(_KEY.public_bytes_raw()).decode()


def entry_after(before: SealedEntry | None, label: str = "Virement") -> SealedEntry:
    """Seal the entry that follows another; without the key, as a forger could."""
    position = before.position + 1 if before else 1
    fact = PaymentMethodConfigured(code=f"m{position}", label=label, untdid_4461="58")
    entry = Entry(
        service="payments",
        ledger=LEDGER,
        position=position,
        entry_id=UUID(int=position),
        recorded_at=datetime(2025, 8, 18, tzinfo=UTC),
        context=Context("anna", UUID(int=7)),
        fact=fact,
    )
    sealed = chains.seal(entry, before.hash if before else genesis("payments", LEDGER))
    columns = Filed(str(entry.entry_id), fact.stream(), fact.type, entry.recorded_text)
    return replace(sealed, filed=columns)


def signed(entry: SealedEntry) -> SealedEntry:
    """Sign an entry as the last of its commit."""
    return replace(entry, signature=SIGNER.sign(LEDGER, entry.position, entry.hash))


def written(*commits: int, label: str = "Virement") -> list[SealedEntry]:
    """Write commits of so many entries each, as the payments service would."""
    rows: list[SealedEntry] = []
    for count in commits:
        for _ in range(count):
            rows.append(entry_after(rows[-1] if rows else None, label))
        rows[-1] = signed(rows[-1])
    return rows


def rewritten(
    rows: Sequence[SealedEntry], start: int, *, with_key: bool = False
) -> list[SealedEntry]:
    """Write everything from a position on anew, with other content."""
    forged = list(rows[: start - 1])
    for old in rows[start - 1 :]:
        entry = entry_after(forged[-1] if forged else None, "Forged")
        forged.append(signed(entry) if with_key and old.signature else entry)
    return forged


def altered(rows: Sequence[SealedEntry], position: int) -> list[SealedEntry]:
    """Change what one entry says, as a database's superuser could."""
    return [
        replace(row, sealed=row.sealed.replace(b"Virement", b"virement"))
        if row.position == position
        else row
        for row in rows
    ]


def with_hash(row: SealedEntry) -> SealedEntry:
    """Give an entry the hash of its bytes."""
    return replace(row, hash=hashlib.sha256(row.sealed).digest())


def copies(rows: Sequence[SealedEntry]) -> list[CopiedEntry]:
    """Return the rows that copying these entries gives."""
    return [
        CopiedEntry(
            ledger=LEDGER,
            place=place("payments", row.position),
            source="payments",
            position=row.position,
            sealed=row.sealed,
            hash=row.hash,
            signature=row.signature,
        )
        for row in rows
    ]


def message(row: SealedEntry) -> Message:
    """Return an entry as it comes from the bus."""
    return bus.message("payments", row.sealed, row.hash, row.signature)


def taken(messages: Sequence[Message], known: Sequence[CopiedEntry] = ()) -> list[CopiedEntry]:
    """Let the archive take messages on top of what it has; return what it adds."""
    keeper = PROJECTION.keeper
    assert keeper is not None
    picture = Picture(LEDGER)
    picture.load([need for each in messages for need in keeper.needs(each)], known)
    with picture.attempt():
        for each in messages:
            keeper.take(picture, each)
    return [row for _, rows in picture.changes() for row in rows if isinstance(row, CopiedEntry)]


def again(audit: Audit) -> Audit:
    """Return an audit as another process gets it."""
    sent: Audit = pickle.loads(pickle.dumps(audit))  # noqa: S301 - our own
    return sent


def end_of(page: Sequence[SealedEntry | CopiedEntry], before: Place) -> Place:
    """Return where a side says that it is after a page."""
    return Place(page[-1].position, page[-1].hash) if page else before


@dataclass
class Case:
    """A journal with its head, and the archive's copy with its checkpoint."""

    journal: Sequence[SealedEntry]
    copy: Sequence[CopiedEntry]
    head: SealedEntry | None = None
    head_after: int | None = None
    followed: int | None = None
    page: int = 3
    audit: Audit = field(default_factory=lambda: Audit("payments", LEDGER, PUBLIC_KEY))

    def __post_init__(self) -> None:
        """Audit it page by page, each by itself as another process would."""
        journal_at, copy_at = self.audit.journal.place, self.audit.copy.place
        head = self.head or (self.journal[-1] if self.journal else None)
        if head:
            self.audit.expect_head(head.position, head.hash, head.signature)
        for start in range(0, max(len(self.journal), len(self.copy)), self.page):
            owned = self.journal[start : start + self.page]
            kept = self.copy[start : start + self.page]
            part = again(self.audit.part(journal_at, copy_at))
            part.see(owned, kept)
            self.audit.join(again(part))
            journal_at, copy_at = end_of(owned, journal_at), end_of(kept, copy_at)
        stated = head.position if head else 0
        self.audit.finish_journal(head_position_after=self.head_after or stated)
        followed = len(self.copy) if self.followed is None else self.followed
        last = self.copy[-1].hash if self.copy else None
        self.audit.finish_copy(followed=followed, followed_hash=last)
        self.audit.compare()

    @property
    def journal_flaw(self) -> tuple[int, str] | None:
        """Return position and kind of the journal's first flaw."""
        return _named(self.audit.journal_flaw)

    @property
    def copy_flaw(self) -> tuple[int, str] | None:
        """Return position and kind of the copy's first flaw."""
        return _named(self.audit.copy_flaw)


def _named(flaw: Flaw | None) -> tuple[int, str] | None:
    return (flaw.position, flaw.flaw) if flaw else None
