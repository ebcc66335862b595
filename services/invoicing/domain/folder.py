"""Business folders (dossiers d'affaire): the documents of one deal, under one brand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.decider import Need, Picture, Row, one
from shared.errors import Refusal
from shared.events import Event
from shared.events.invoicing import FolderOpened

# ── remembered ──────────────────────────────────────────────────────────────────


class Folder(Row, frozen=True):
    """A business folder."""

    key = "folder_id"

    folder_id: UUID
    name: str
    brand: str | None
    business_type: str | None
    opened_on: date
    request_sha256: str
    position: int


# ── refused ─────────────────────────────────────────────────────────────────────


class FolderIdTaken(Refusal):
    """This identifier already names a different folder."""


class UnknownFolder(Refusal):
    """No business folder has this identifier: open the folder first."""

    status = 422


class FolderOfAnotherBrand(Refusal):
    """The folder belongs to another brand than the document."""

    status = 422


# ── asked and decided ───────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFolder:
    """Open a business folder."""

    folder_id: UUID
    name: str
    brand: str | None
    business_type: str | None
    request_sha256: str

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name the folder."""
        return (one(Folder, self.folder_id),)

    def decide(self, picture: Picture) -> list[Event]:
        """Open once; the same request again changes nothing."""
        known = picture.find(Folder, self.folder_id)
        if known:
            if known.request_sha256 != self.request_sha256:
                raise FolderIdTaken(folder_id=self.folder_id)
            return []
        return [
            FolderOpened(
                folder_id=self.folder_id,
                name=self.name,
                brand=self.brand,
                business_type=self.business_type,
                request_sha256=self.request_sha256,
            )
        ]
