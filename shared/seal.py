"""The seal: canonical bytes, a hash chain, signed heads.

The invariant: an entry's hash is the SHA-256 of its stored bytes, those bytes contain
the hash of the entry before, and nobody re-encodes them. The bytes are RFC 8785 JSON.
"""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

import msgspec
import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

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
                "data": self.fact.plain(),
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


@dataclass(frozen=True, slots=True)
class Filed:
    """The columns under which a journal's row files its entry; each repeats what is sealed."""

    entry_id: UUID
    stream: str
    type: str
    recorded_at: datetime

    def contradicts(self, envelope: dict[str, Any]) -> str | None:
        """Return the envelope's first key that a column does not repeat, or None."""
        said = {
            "id": str(self.entry_id),
            "stream": self.stream,
            "type": self.type,
            "recorded_at": instant_text(self.recorded_at),
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
        return self._key.sign(_head(self._service, ledger, position, entry_hash))


def _head(service: str, ledger: str, position: int, entry_hash: bytes) -> bytes:
    return f"{FORMAT}\n{service}\n{ledger}\n{position}\n{entry_hash.hex()}".encode()


@dataclass(frozen=True, slots=True)
class Flaw:
    """The first bad entry of a chain: where it is and what is wrong, in one sentence."""

    service: str
    ledger: str
    position: int
    flaw: str
    detail: str


def link_flaw(
    entry: SealedEntry, service: str, ledger: str, *, after: int, previous_hash: bytes
) -> Flaw | None:
    """Say what is wrong with an entry that should come right after another; needs no key."""
    position = after + 1
    if entry.position > position:
        return Flaw(service, ledger, position, "missing", f"{entry.position} follows {after}")
    if entry.position < position:
        return Flaw(service, ledger, entry.position, "repeated", f"it comes again after {after}")
    if hashlib.sha256(entry.sealed).digest() != entry.hash:
        wrong = ("altered", "the sealed bytes don't have the stored hash")
        return Flaw(service, ledger, position, *wrong)
    if entry.filed is None and _says(entry.sealed, (service, ledger, position), previous_hash):
        return None
    said = _envelope_flaw(entry, (service, ledger, position), previous_hash.hex())
    return Flaw(service, ledger, position, *said) if said else None


def _says(sealed: bytes, place: tuple[str, str, int], previous_hash: bytes) -> bool:
    """Say whether canonical bytes name this place and this entry before it, without parsing them.

    Within a text quotes are escaped, and no fact has these keys: they stand for nothing else.
    """
    service, ledger, position = place
    link = f'"ledger":"{ledger}","position":{position},"previous_hash":"{previous_hash.hex()}",'
    return link.encode() in sealed and f',"service":"{service}",'.encode() in sealed


def _envelope_flaw(
    entry: SealedEntry, place: tuple[str, str, int], previous_hash: str
) -> tuple[str, str] | None:
    try:
        envelope = orjson.loads(entry.sealed)
        found = (envelope["service"], envelope["ledger"], envelope["position"])
        linked = envelope["previous_hash"] == previous_hash
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return "altered", "the sealed bytes are not an envelope"
    if found != place:
        return "misplaced", f"the sealed bytes belong to {found}"
    if not linked:
        return "unlinked", "it does not follow the entry before it"
    if entry.filed and (column := entry.filed.contradicts(envelope)):
        return "misfiled", f"a column does not say the {column} that is sealed"
    return None


class Chain:
    """Checks the entries of one journal one after the other; needs only the public key."""

    def __init__(self, service: str, ledger: str, public_key_base64: str) -> None:
        """Start before the first entry."""
        self.service = service
        self.ledger = ledger
        self.position = 0
        self.hash = genesis(service, ledger)
        self.signed_position = 0
        self._key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key_base64))

    def check(self, entry: SealedEntry) -> Flaw | None:
        """Check the next entry; return what is wrong with it, or None and go on."""
        flaw = link_flaw(
            entry, self.service, self.ledger, after=self.position, previous_hash=self.hash
        )
        if flaw:
            return flaw
        if entry.signature is not None:
            if not self.signed(entry.position, entry.hash, entry.signature):
                return self.flaw(entry.position, "signature", "the head's signature is not ours")
            self.signed_position = entry.position
        self.position, self.hash = entry.position, entry.hash
        return None

    def signed(self, position: int, entry_hash: bytes, signature: bytes) -> bool:
        """Say whether the service's key made this signature of this head."""
        try:
            self._key.verify(signature, _head(self.service, self.ledger, position, entry_hash))
        except InvalidSignature:
            return False
        return True

    def finish(self) -> Flaw | None:
        """Say whether the last entry is covered by a signed head."""
        if self.signed_position != self.position:
            return self.flaw(self.position, "unsigned", "the last entry carries no signed head")
        return None

    def compare_head(
        self, position: int, entry_hash: bytes | None, signature: bytes | None
    ) -> Flaw | None:
        """Say whether the journal ends where its head is, with the head's hash and signature."""
        if position > self.position:
            detail = f"the head is at {position}, the entries end before"
            return self.flaw(self.position + 1, "cut", detail)
        if position < self.position:
            return self.flaw(position + 1, "beyond", f"the head is at {position}, before it")
        if position == 0:
            return None
        if entry_hash != self.hash:
            return self.flaw(position, "head", "the head has another hash than its entry")
        if signature is None or not self.signed(position, self.hash, signature):
            return self.flaw(position, "head", "the head's signature is not ours")
        return None

    def first_flaw(self, entries: Iterable[SealedEntry]) -> Flaw | None:
        """Check entries up to the first bad one."""
        return next((flaw for entry in entries if (flaw := self.check(entry))), None)

    def flaw(self, position: int, kind: str, detail: str) -> Flaw:
        """Name a bad entry of this chain."""
        return Flaw(self.service, self.ledger, position, kind, detail)
