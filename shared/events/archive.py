"""Facts of the archive: what the memory that proves itself has found."""

from typing import ClassVar, Literal

from shared.events import Event

FoundIn = Literal["journal", "copy"]  # the owner's journal, or the archive's copy of it


class IntegrityFlawDetected(Event):
    """A journal, or the archive's copy of it, does not say what it said before."""

    type: ClassVar[str] = "archive.integrity-flaw-detected.v1"
    about: ClassVar[str] = "journal/{service}"

    service: str
    position: int
    flaw: str
    detail: str
    found_in: FoundIn = "journal"
