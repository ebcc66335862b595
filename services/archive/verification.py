"""Verifying everything: walk every owner's journal, hold it against its chain and our copy.

The invariant: what can't be checked is said to be not verified, never intact. Journals
are read page by page over HTTP, as any outsider can, and so in constant memory.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import httpx
import structlog
from msgspec.structs import astuple
from sqlalchemy.ext.asyncio import AsyncEngine

from services.archive.closing_checks import ClosingChecker, ClosingVerdict, Judgement
from services.archive.closings import Closer
from services.archive.domain.audit import Audit
from services.archive.domain.copy import SOURCES, CopiedEntry
from services.archive.queries import Copy, CopyEnd
from services.archive.settings import Settings
from shared.bus import UnusableMessageError
from shared.chains import Head
from shared.checking import Flaw, Place
from shared.cores import cores, in_order
from shared.events.archive import FoundIn
from shared.refill import Refill, entries_in

log = structlog.get_logger()

Comparison = Literal["same", "copy_behind", "owner_behind", "different", "unknown"]
_Part: TypeAlias = tuple[Audit, bytes, list[tuple[Any, ...]]]
_UNREADABLE = (httpx.HTTPError, UnusableMessageError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of verifying one service; positions and counts are of its journal."""

    service: str
    entries: int
    head_position: int | None
    copied: int
    to_copy: int
    flaw: Flaw | None
    copy_flaw: Flaw | None
    reason: str | None  # why it could not be verified

    @property
    def verdict(self) -> Judgement:
        """Return flawed, not_verified or intact."""
        if self.flaw or self.copy_flaw:
            return "flawed"
        return "not_verified" if self.reason else "intact"

    def flaws(self) -> Iterator[tuple[FoundIn, Flaw]]:
        """Yield the first bad entry of the journal and of the copy, where there is one."""
        if self.flaw:
            yield "journal", self.flaw
        if self.copy_flaw:
            yield "copy", self.copy_flaw


@dataclass(frozen=True, slots=True)
class Verifier:
    """Verifies one ledger, service by service."""

    engine: AsyncEngine
    refill: Refill
    settings: Settings
    ledger: str

    async def verdict(self, service: str) -> Verdict:
        """Check a service's journal, and our copy of it where we keep one."""
        end = await Copy(self.engine, self.ledger, service).end()
        key = self.settings.public_keys.get(service)
        if key is None or service not in self.settings.journal_urls:
            return _not_configured(service, end)
        audit, head, reason = Audit(service, self.ledger, key), None, None
        try:
            head = await self.refill.head(service, self.ledger)
            await self._walk_journal(audit, head, end)
            after = await self.refill.head(service, self.ledger)
            audit.finish_journal(head_position_after=after.position)
        except _UNREADABLE as error:
            log.warning("verification.interrupted", source=service, error=repr(error))
            reason = f"its journal could not be read to the end: {error!r}"
        if service in SOURCES:
            await self._walk_rest_of_copy(audit, end)
            audit.finish_copy(followed=end.followed, followed_hash=end.followed_hash)
            if reason is None:
                audit.compare()
        return Verdict(
            service=service,
            entries=audit.journal.position,
            head_position=head.position if head else None,
            copied=audit.copy.position,
            to_copy=max(0, audit.journal.position - end.position) if service in SOURCES else 0,
            flaw=audit.journal_flaw,
            copy_flaw=audit.copy_flaw,
            reason=reason,
        )

    async def closings(self) -> Sequence[ClosingVerdict]:
        """Make the package of every closed period again, and check the receipts for it."""
        closer = Closer(self.engine, self.refill, self.settings, self.ledger)
        return await ClosingChecker(closer).verdicts()

    async def _walk_journal(self, audit: Audit, head: Head, end: CopyEnd) -> None:
        audit.expect_head(head.position, head.hash, head.signature)
        async with cores(head.position) as executor:
            parts = in_order(executor, _seen, self._parts(audit, end))
            async with aclosing(parts):
                async for part in parts:
                    audit.join(part)
                    if audit.journal_flaw:
                        return

    async def _parts(self, audit: Audit, end: CopyEnd) -> AsyncGenerator[_Part, None]:
        """Yield page by page what is to be seen, and from where on."""
        journal, copy = audit.journal.place, audit.copy.place
        async with aclosing(self.refill.pages(audit.service, self.ledger)) as pages:
            async for lines, last in pages:
                upto = min(last.position, end.position)
                copies = await self._next_copies(audit, copy.position, upto)
                yield audit.part(journal, copy), lines, [astuple(row) for row in copies]
                journal = Place(last.position, last.hash)
                if copies:
                    copy = Place(copies[-1].position, copies[-1].hash)

    async def _walk_rest_of_copy(self, audit: Audit, end: CopyEnd) -> None:
        while copies := await self._next_copies(audit, audit.copy.position, end.position):
            await asyncio.to_thread(audit.see, (), copies)

    async def _next_copies(self, audit: Audit, after: int, upto: int) -> list[CopiedEntry]:
        if audit.copy_flaw or audit.service not in SOURCES:
            return []
        copy = Copy(self.engine, self.ledger, audit.service)
        return await copy.entries(after=after or None, upto=upto)


def _seen(part: Audit, lines: bytes, copies: Sequence[tuple[Any, ...]]) -> Audit:
    """Let a part of an audit see its page, perhaps in another process."""
    part.see(list(entries_in(part.ledger, lines)), [CopiedEntry(*row) for row in copies])
    return part


def _not_configured(service: str, end: CopyEnd) -> Verdict:
    return Verdict(
        service=service,
        entries=0,
        head_position=None,
        copied=end.position,
        to_copy=0,
        flaw=None,
        copy_flaw=None,
        reason="its address or its public key is not configured",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """Where a copy ends, beside where its owner says that the journal does."""

    service: str
    copy_position: int
    copy_hash: bytes | None
    owner: Head | None
    comparison: Comparison
    reason: str | None = None


async def compared_ends(copy: Copy, refill: Refill) -> Ends:
    """Compare the ends of a copy and of its owner's journal, and the hashes at the lower one."""
    end = await copy.end()
    last = await copy.entry(end.position)
    owner, reason = None, None
    comparison: Comparison = "unknown"
    try:
        owner = await refill.head(copy.source, copy.ledger)
        comparison = await _comparison(copy, refill, end.position, owner.position)
    except _UNREADABLE as error:
        reason = f"its owner could not be read: {error!r}"
    except KeyError:
        reason = "its address is not configured"
    return Ends(
        service=copy.source,
        copy_position=end.position,
        copy_hash=last.hash if last else None,
        owner=owner,
        comparison=comparison,
        reason=reason,
    )


async def _comparison(copy: Copy, refill: Refill, copied: int, owned: int) -> Comparison:
    lower = min(copied, owned)
    if lower > 0:
        kept, entry = await copy.entry(lower), await refill.entry(copy.source, copy.ledger, lower)
        if kept is None or kept.stored() != entry:
            return "different"
    if copied == owned:
        return "same"
    return "copy_behind" if copied < owned else "owner_behind"
