"""Checking a chain: every entry held against the one before it, the first bad one named.

The invariant: what is not checked is not found right. Most entries say in their bytes exactly
what they should, which one comparison tells; only where they don't are they parsed.
"""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from typing_extensions import override

from shared.seal import SealedEntry, genesis, signed_head

_SERVICE_AFTER = len('"recorded_at":"2025-08-18T09:05:00.000000Z",')


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
    if _says(entry, (service, ledger, position), previous_hash):
        return None
    said = _envelope_flaw(entry, (service, ledger, position), previous_hash.hex())
    return Flaw(service, ledger, position, *said) if said else None


def _says(entry: SealedEntry, place: tuple[str, str, int], previous_hash: bytes) -> bool:
    """Say whether bytes name this place, the entry before and what columns say, without parsing.

    Within a text quotes are escaped, so keys stand for nothing else; where anything is escaped
    or unusual, only parsing tells.
    """
    service, ledger, position = place
    sealed, filed = entry.sealed, entry.filed
    link = f'"ledger":"{ledger}","position":{position},"previous_hash":"{previous_hash.hex()}",'
    if filed is None:
        start = sealed.rfind(link.encode()) + len(link)
        service_at = start + _SERVICE_AFTER
        return start > len(link) and sealed.startswith(
            f'"service":"{service}",'.encode(), service_at
        )
    tail = (
        f'"id":"{filed.entry_id}",{link}"recorded_at":"{filed.recorded_at}",'
        f'"service":"{service}","stream":"{filed.stream}","type":"{filed.type}"}}'
    )
    return "\\" not in tail and sealed.endswith(tail.encode())


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


class Place(NamedTuple):
    """Where a chain is: its last entry's position and hash."""

    position: int
    hash: bytes


def continuing(
    entries: Iterable[SealedEntry], service: str, ledger: str, place: Place
) -> tuple[list[SealedEntry], Flaw | None]:
    """Return the entries that continue a chain from a place, and what is wrong after them.

    Needs no key: it finds what was put in or changed, and not a chain that somebody wrote anew.
    """
    sound: list[SealedEntry] = []
    for entry in entries:
        after, previous_hash = place
        if flaw := link_flaw(entry, service, ledger, after=after, previous_hash=previous_hash):
            return sound, flaw
        sound.append(entry)
        place = Place(entry.position, entry.hash)
    return sound, None


class Chain:
    """Checks the entries of one journal one after the other; needs only the public key."""

    def __init__(self, service: str, ledger: str, public_key_base64: str) -> None:
        """Start before the first entry."""
        self.service = service
        self.ledger = ledger
        self.position = 0
        self.hash = genesis(service, ledger)
        self.signed_position = 0
        self._key_bytes = base64.b64decode(public_key_base64)

    @cached_property
    def _key(self) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_public_bytes(self._key_bytes)

    @override
    def __getstate__(self) -> dict[str, Any]:
        """Return what another process needs to go on: all but the key in the library's form."""
        return {name: value for name, value in self.__dict__.items() if name != "_key"}

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

    @property
    def place(self) -> Place:
        """Return the last entry that was found right."""
        return Place(self.position, self.hash)

    def go_on(self, other: "Chain") -> None:
        """Go on where another check of this journal ended that began where we are."""
        self.position, self.hash = other.position, other.hash
        self.signed_position = max(self.signed_position, other.signed_position)

    def signed(self, position: int, entry_hash: bytes, signature: bytes) -> bool:
        """Say whether the service's key made this signature of this head."""
        try:
            self._key.verify(
                signature, signed_head(self.service, self.ledger, position, entry_hash)
            )
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
