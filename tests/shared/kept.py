"""Journals as their tables hold them, true and forged, for tests of the seal."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import strategies as st

from shared import chains
from shared.checking import Chain, Flaw
from shared.events.payments import PaymentMethodConfigured
from shared.seal import Context, Entry, Filed, SealedEntry, Signer, genesis

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
    return Filed(str(entry.entry_id), entry.fact.stream(), entry.fact.type, entry.recorded_text)


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
