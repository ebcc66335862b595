"""What the archive's API gives."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import Field

from services.archive.closing_checks import ClosingVerdict, Judgement, ReceiptVerdict
from services.archive.verification import Comparison, Ends, Verdict
from shared.checking import Flaw
from shared.events.archive import FoundIn
from shared.web import Out

CopiedService = Literal["payments", "invoicing", "reconciliation"]


class FlawOut(Out):
    """A first bad entry: where it is, and in one word and one sentence what is wrong."""

    found_in: FoundIn = Field(description="The owner's journal, or the archive's copy of it")
    service: str
    ledger: str
    position: int
    flaw: str = Field(
        description="missing, repeated, altered, misplaced, unlinked, misfiled, signature, "
        "unsigned, head, cut, beyond, checkpoint or differs; of a closing package or receipt",
        examples=["altered"],
    )
    detail: str


class VerdictOut(Out):
    """What came of verifying one service."""

    service: str
    verdict: Judgement
    entries: int = Field(description="Entries of its journal found whole, from the first on")
    head_position: int | None = Field(description="Where its journal ends, as it states itself")
    copied: int = Field(description="Entries of the archive's copy found whole, from the first on")
    to_copy: int = Field(description="Entries that the archive has not copied yet: no flaw")
    flaw: FlawOut | None = Field(description="The first bad entry of its journal")
    copy_flaw: FlawOut | None = Field(description="The first bad entry of the archive's copy")
    reason: str | None = Field(description="Why it could not be verified, if so")


class ReceiptVerdictOut(Out):
    """What came of checking a third party's receipt against the package and its certificates."""

    third_party: str
    verdict: Judgement
    certified_at: datetime
    certified_by: str
    flaw: FlawOut | None
    reason: str | None = Field(description="Why it could not be verified, if so")


class ClosingVerdictOut(Out):
    """What came of making a closed period's package again from the copies."""

    period: str
    verdict: Judgement
    flaw: FlawOut | None = Field(description="Names the entry of our journal that closed it")
    receipts: list[ReceiptVerdictOut] = Field(description="None: the package is not deposited")


class ReportOut(Out):
    """The report on one ledger: intact only if every service was verified and is whole.

    So must be every closed period, and every receipt for one.
    """

    ledger: str
    verified_at: datetime
    intact: bool
    first_flaw: FlawOut | None
    services: list[VerdictOut]
    closings: list[ClosingVerdictOut]


class EndOut(Out):
    """The last entry of a journal or of a copy; position 0 before the first."""

    position: int
    hash: str | None


class EndsOut(Out):
    """Where a journal ends according to its owner, and where our copy of it does."""

    service: str
    comparison: Comparison = Field(
        description="Of the two hashes at the lower of the two positions; `copy_behind` is "
        "no flaw, `owner_behind` and `different` are"
    )
    copy_end: EndOut
    owner_end: EndOut | None = Field(description="Null when the owner can't be reached")
    reason: str | None


class HeadsOut(Out):
    """The ends of all copies of one ledger beside their owners'."""

    ledger: str
    heads: list[EndsOut]


def flaw_out(found_in: FoundIn, flaw: Flaw | None) -> FlawOut | None:
    """Show a flaw."""
    if flaw is None:
        return None
    return FlawOut(
        found_in=found_in,
        service=flaw.service,
        ledger=flaw.ledger,
        position=flaw.position,
        flaw=flaw.flaw,
        detail=flaw.detail,
    )


def verdict_out(verdict: Verdict) -> VerdictOut:
    """Show what came of verifying one service."""
    return VerdictOut(
        service=verdict.service,
        verdict=verdict.verdict,
        entries=verdict.entries,
        head_position=verdict.head_position,
        copied=verdict.copied,
        to_copy=verdict.to_copy,
        flaw=flaw_out("journal", verdict.flaw),
        copy_flaw=flaw_out("copy", verdict.copy_flaw),
        reason=verdict.reason,
    )


def closing_verdict_out(verdict: ClosingVerdict) -> ClosingVerdictOut:
    """Show what came of checking a closing."""
    return ClosingVerdictOut(
        period=verdict.closed.period,
        verdict=verdict.verdict,
        flaw=flaw_out("journal", verdict.flaw),
        receipts=list(map(_receipt_out, verdict.receipts)),
    )


def _receipt_out(verdict: ReceiptVerdict) -> ReceiptVerdictOut:
    return ReceiptVerdictOut(
        third_party=verdict.deposited.third_party,
        verdict=verdict.verdict,
        certified_at=verdict.deposited.certified_at,
        certified_by=verdict.deposited.certified_by,
        flaw=flaw_out("journal", verdict.flaw),
        reason=verdict.reason,
    )


def report_out(
    ledger: str,
    verified_at: datetime,
    verdicts: list[Verdict],
    checked: Sequence[ClosingVerdict],
) -> ReportOut:
    """Show the report on one ledger."""
    services = [verdict_out(verdict) for verdict in verdicts]
    flaws = [flaw for s in services for flaw in (s.flaw, s.copy_flaw) if flaw]
    flaws += [shown for c in checked for flaw in c.flaws() if (shown := flaw_out("journal", flaw))]
    whole = all(s.verdict == "intact" for s in services)
    return ReportOut(
        ledger=ledger,
        verified_at=verified_at,
        intact=whole and all(closing.intact for closing in checked),
        first_flaw=flaws[0] if flaws else None,
        services=services,
        closings=list(map(closing_verdict_out, checked)),
    )


def ends_out(ends: Ends) -> EndsOut:
    """Show where a copy ends beside its owner's journal."""
    owner, copy_hash = ends.owner, ends.copy_hash
    return EndsOut(
        service=ends.service,
        comparison=ends.comparison,
        copy_end=EndOut(position=ends.copy_position, hash=copy_hash.hex() if copy_hash else None),
        owner_end=EndOut(position=owner.position, hash=owner.hash.hex() or None) if owner else None,
        reason=ends.reason,
    )
