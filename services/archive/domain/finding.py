"""Findings: a flaw that a verification met is a fact, recorded once (S2-03)."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.checking import Flaw
from shared.decider import Need, Picture, Row, one
from shared.events import Event
from shared.events.archive import FoundIn, IntegrityFlawDetected

# ── remembered ──────────────────────────────────────────────────────────────────


class Finding(Row, frozen=True):
    """A flaw that is on record; `name` says in what, of which service, where and which."""

    key = "name"

    name: str
    found_in: str
    service: str
    flawed_position: int
    flaw: str
    detail: str
    position: int


def finding_name(found_in: FoundIn, service: str, position: int, flaw: str) -> str:
    """Name a flaw so that the same flaw always has the same name.

    >>> finding_name("journal", "payments", 42, "altered")
    'journal/payments/42/altered'
    """
    return f"{found_in}/{service}/{position}/{flaw}"


# ── asked and decided ───────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFinding:
    """Put a flaw on record."""

    found_in: FoundIn
    flaw: Flaw

    @property
    def name(self) -> str:
        """Return the finding's name."""
        return finding_name(self.found_in, self.flaw.service, self.flaw.position, self.flaw.flaw)

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name the finding itself."""
        return (one(Finding, self.name),)

    def decide(self, picture: Picture) -> list[Event]:
        """Record the flaw unless it is on record."""
        if picture.find(Finding, self.name):
            return []
        return [
            IntegrityFlawDetected(
                service=self.flaw.service,
                position=self.flaw.position,
                flaw=self.flaw.flaw,
                detail=self.flaw.detail,
                found_in=self.found_in,
            )
        ]
