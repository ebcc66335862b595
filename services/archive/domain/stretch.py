"""A stretch: the entries of one journal that a period covers, checked while they go by.

The invariant: the stretches of one kind of period tile a journal. Each goes on after the one
before it and ends before the first entry recorded after the period's last day, so that an entry
recorded by a clock that was slow falls into the next period, and none into two or into none.
"""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from services.archive.domain.totals import COUNTED, Tally
from shared.checking import Chain, Flaw, Place
from shared.dates import civil_date
from shared.events.archive import JournalStretch
from shared.money import Money
from shared.seal import SealedEntry

Until = date | int  # the last civil day, or the last position


class _Said(msgspec.Struct):
    type: str
    recorded_at: datetime
    data: msgspec.Raw


class _Amount(msgspec.Struct):
    currency: str
    value: str


class _Moving(msgspec.Struct):
    amount: _Amount
    role: str = "customer"  # of the card, where the fact says it


_SAID = msgspec.json.Decoder(_Said)
_MOVING = msgspec.json.Decoder(_Moving)
UNREADABLE = (UnicodeDecodeError, msgspec.DecodeError)
NO_ENVELOPE = "the sealed bytes are not an envelope"


def recorded_on(entry: SealedEntry) -> date:
    """Return the civil day in France on which an entry was recorded; raise one of UNREADABLE."""
    return civil_date(_SAID.decode(entry.sealed).recorded_at)


class Stretch:
    """Takes the entries after a place one by one, as far as the period goes."""

    def __init__(self, chain: Chain, public_key: str, *, until: Until) -> None:
        """Start where the chain is; `until` says where to end."""
        self.chain = chain
        self.start = chain.place
        self.flaw: Flaw | None = None
        self.ended = chain.position == until
        self._public_key = public_key
        self._until = until

    def take(self, entries: Sequence[SealedEntry], tally: Tally) -> Sequence[SealedEntry]:
        """Check the next entries and count the money; return those that belong to the stretch."""
        for index, entry in enumerate(entries):
            if self.ended or not self._take(entry, tally):
                return entries[:index]
        return entries

    def _take(self, entry: SealedEntry, tally: Tally) -> bool:
        """Take an entry; say whether it was taken, which ends the stretch if it was not."""
        try:
            said = _SAID.decode(entry.sealed.decode())
        except UNREADABLE:
            return self._stop(self.chain.flaw(entry.position, "altered", NO_ENVELOPE))
        if isinstance(self._until, date) and civil_date(said.recorded_at) > self._until:
            return self._stop(self.chain.finish() if self.chain.place != self.start else None)
        if flaw := self.chain.check(entry):
            return self._stop(flaw)
        if said.type in COUNTED:
            moving = _MOVING.decode(said.data)
            amount = Money.parse(moving.amount.value, moving.amount.currency)
            tally.count(said.type, amount, moving.role)
        if entry.position == self._until:
            self._stop(self.chain.finish())
        return True

    def _stop(self, flaw: Flaw | None) -> bool:
        self.ended, self.flaw = True, flaw
        return False

    def finish(self) -> None:
        """Say that no entries follow: those that were to come are missing."""
        if not self.ended and isinstance(self._until, int):
            detail = f"the period goes on up to position {self._until}"
            self._stop(self.chain.flaw(self.chain.position + 1, "cut", detail))
        elif not self.ended and self.chain.place != self.start:
            self.flaw = self.chain.finish()

    def covered(self) -> JournalStretch:
        """Return what it covers."""
        return JournalStretch(
            service=self.chain.service,
            from_position=self.start.position + 1,
            to_position=self.chain.position,
            previous_hash=self.start.hash.hex(),
            head_hash=self.chain.hash.hex(),
            public_key=self._public_key,
        )


def chain_after(service: str, ledger: str, public_key: str, place: Place | None) -> Chain:
    """Return a chain that goes on after a place; from its beginning where there is none."""
    chain = Chain(service, ledger, public_key)
    if place:
        chain.position, chain.hash = place
    return chain
