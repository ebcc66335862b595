"""The seal: canonical bytes, a hash chain, signed heads.

The invariant: an entry's hash is the SHA-256 of its stored bytes, those bytes contain
the hash of the entry before, and nobody re-encodes them. The bytes are RFC 8785 JSON.
"""

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.canonical import canonical_of
from shared.dates import instant_text
from shared.events import Event, decode
from shared.ids import read_id

FORMAT = "acquit-1"  # RFC 8785 bytes, SHA-256 chain, Ed25519 heads


def genesis(service: str, ledger: str) -> bytes:
    """Return the hash that the first entry of a chain follows; it names service and ledger."""
    return hashlib.sha256(f"{FORMAT}\n{service}\n{ledger}".encode()).digest()


class Context(msgspec.Struct, frozen=True):
    """Who asks, and what led to it."""

    actor: str
    correlation_id: UUID
    causation_id: UUID | None = None


class Entry(msgspec.Struct, frozen=True, dict=True):
    """One line of a journal: a fact, when it was recorded, by whom, and its place."""

    service: str
    ledger: str
    position: int
    entry_id: UUID
    recorded_at: datetime
    context: Context
    fact: Event

    @cached_property
    def recorded_text(self) -> str:
        """Return the instant as it is sealed."""
        return instant_text(self.recorded_at)

    @cached_property
    def stream(self) -> str:
        """Return what its fact is about."""
        return self.fact.stream()

    def sealed(self, previous_hash: bytes) -> bytes:
        """Return the canonical bytes of the whole envelope."""
        context = self.context
        return canonical_of(
            type(self.fact),
            {
                "actor": context.actor,
                "causation_id": str(context.causation_id) if context.causation_id else None,
                "correlation_id": str(context.correlation_id),
                "data": self.fact,
                "format": FORMAT,
                "id": str(self.entry_id),
                "ledger": self.ledger,
                "position": self.position,
                "previous_hash": previous_hash.hex(),
                "recorded_at": self.recorded_text,
                "service": self.service,
                "stream": self.stream,
                "type": self.fact.type,
            },
        )


def entry_from(envelope: dict[str, Any]) -> Entry:
    """Rebuild an entry from its parsed envelope.

    Raises UnknownEventType, KeyError or ValueError when it is not one of ours.
    """
    causation = envelope["causation_id"]
    return Entry(
        service=envelope["service"],
        ledger=envelope["ledger"],
        position=envelope["position"],
        entry_id=read_id(envelope["id"]),
        recorded_at=datetime.fromisoformat(envelope["recorded_at"]),
        context=Context(
            actor=envelope["actor"],
            correlation_id=read_id(envelope["correlation_id"]),
            causation_id=read_id(causation) if causation else None,
        ),
        fact=decode(envelope["type"], envelope["data"]),
    )


class Filed(msgspec.Struct, frozen=True):
    """The columns under which a journal's row files its entry; each repeats what is sealed."""

    entry_id: str
    stream: str
    type: str
    recorded_at: str

    def contradicts(self, envelope: dict[str, Any]) -> str | None:
        """Return the envelope's first key that a column does not repeat, or None."""
        said = {
            "id": self.entry_id,
            "stream": self.stream,
            "type": self.type,
            "recorded_at": self.recorded_at,
        }
        return next((key for key, text in said.items() if envelope.get(key) != text), None)


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """An entry as stored, published and archived; `signature` is on the last of each commit.

    `filed` is there when the entry was read from its journal, and is no part of what is equal.
    """

    ledger: str
    position: int
    sealed: bytes
    hash: bytes
    signature: bytes | None = None
    filed: Filed | None = field(default=None, compare=False)


class Signer:
    """Signs chain heads with the service's Ed25519 key, which no database ever holds."""

    def __init__(self, service: str, seed_base64: str) -> None:
        """Take the 32 bytes of the private key, in base64."""
        self._service = service
        self._key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(seed_base64))

    def sign(self, ledger: str, position: int, entry_hash: bytes) -> bytes:
        """Return the signature of a head."""
        return self._key.sign(signed_head(self._service, ledger, position, entry_hash))


def signed_head(service: str, ledger: str, position: int, entry_hash: bytes) -> bytes:
    """Return the text that a head's signature signs."""
    return f"{FORMAT}\n{service}\n{ledger}\n{position}\n{entry_hash.hex()}".encode()
