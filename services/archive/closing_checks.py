"""Checking closings: each package made again from the copies, each receipt held against it.

The invariant: what is checked is what our journal has sealed, not the rows made of it; and a
receipt of a third party that the settings don't name is not verified, never intact.
"""

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from services.archive import closing_queries
from services.archive.closings import Closer, NotWhole, package_flaw
from services.archive.third_parties.configured import third_parties
from services.archive.third_parties.third_party import Certified, ReceiptRefusedError, ThirdParty
from shared.checking import Flaw
from shared.events.archive import PackageDeposited, PeriodClosed
from shared.seal import Entry, entry_from

Judgement = Literal["intact", "flawed", "not_verified"]
_FACTS = (PeriodClosed.type.encode(), PackageDeposited.type.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptVerdict:
    """What came of checking a receipt."""

    deposited: PackageDeposited
    flaw: Flaw | None = None
    reason: str | None = None  # why it could not be verified

    @property
    def verdict(self) -> Judgement:
        """Return flawed, not_verified or intact."""
        if self.flaw:
            return "flawed"
        return "not_verified" if self.reason else "intact"


@dataclass(slots=True, kw_only=True)
class ClosingVerdict:
    """What came of checking a closing, and the receipts for it."""

    closed: PeriodClosed
    flaw: Flaw | None
    receipts: list[ReceiptVerdict] = field(default_factory=list)

    @property
    def verdict(self) -> Judgement:
        """Return what came of the package itself."""
        return "flawed" if self.flaw else "intact"

    @property
    def intact(self) -> bool:
        """Say whether the package and every receipt are what they were."""
        return {self.verdict, *(receipt.verdict for receipt in self.receipts)} == {"intact"}

    def flaws(self) -> list[Flaw]:
        """Return what is wrong with the package, then with its receipts."""
        found = [self.flaw, *(receipt.flaw for receipt in self.receipts)]
        return [flaw for flaw in found if flaw]


@dataclass(frozen=True, slots=True)
class ClosingChecker:
    """Checks every closing of a ledger, in the order in which periods were closed."""

    closer: Closer

    async def verdicts(self) -> Sequence[ClosingVerdict]:
        """Make every package again and check every receipt."""
        parties = third_parties(self.closer.settings)
        verdicts: dict[str, ClosingVerdict] = {}
        latest: dict[str, PeriodClosed] = {}
        async for entry in self._sealed():
            fact = entry.fact
            if isinstance(fact, PeriodClosed):
                flaw = await self._package_flaw(entry.position, fact, latest.get(fact.kind))
                verdicts[fact.period] = ClosingVerdict(closed=fact, flaw=flaw)
                latest[fact.kind] = fact
            elif isinstance(fact, PackageDeposited) and fact.period in verdicts:
                verdict = verdicts[fact.period]
                party = parties.get(fact.third_party)
                receipt = await asyncio.to_thread(
                    _receipt_verdict, entry, fact, verdict.closed, party
                )
                verdict.receipts.append(receipt)
        return list(verdicts.values())

    async def _sealed(self) -> AsyncIterator[Entry]:
        """Yield our own entries that close or deposit.

        One that can't be read any more is what the verification of our journal finds.
        """
        after = 0
        closer = self.closer
        while page := await closing_queries.entries(closer.engine, closer.ledger, "archive", after):
            for stored in page:
                if any(name in stored.sealed for name in _FACTS):
                    with suppress(ValueError, LookupError):
                        yield entry_from(msgspec.json.decode(stored.sealed))
            after = page[-1].position

    async def _package_flaw(
        self, position: int, closed: PeriodClosed, previous: PeriodClosed | None
    ) -> Flaw | None:
        ledger = self.closer.ledger
        try:
            async with self.closer.again(closed, previous) as (packed, _):
                if packed.closed == closed:
                    return None
                return package_flaw(ledger, position, closed, packed.closed)
        except NotWhole as refusal:
            bad = refusal.flaw
            detail = f"{bad.service}, position {bad.position}: {bad.flaw}, {bad.detail}"
            detail = f"period {closed.period}: it can't be made again. {detail}"
            return Flaw("archive", ledger, position, "package", detail)


def _receipt_verdict(
    entry: Entry, fact: PackageDeposited, closed: PeriodClosed, party: ThirdParty | None
) -> ReceiptVerdict:
    if party is None:
        reason = f"no third party {fact.third_party} is configured"
        return ReceiptVerdict(deposited=fact, reason=reason)
    said = Certified(at=fact.certified_at, by=fact.certified_by)
    try:
        certified = party.check(base64.b64decode(fact.receipt), closed.package_sha256)
    except (ReceiptRefusedError, binascii.Error) as error:
        wrong = str(error)
    else:
        if certified == said and fact.package_sha256 == closed.package_sha256:
            return ReceiptVerdict(deposited=fact)
        wrong = f"it says {certified}, not {said}"
    detail = f"period {fact.period}, receipt of {fact.third_party}: {wrong}"
    return ReceiptVerdict(
        deposited=fact,
        flaw=Flaw("archive", entry.ledger, entry.position, "receipt", detail),
    )
