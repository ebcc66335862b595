"""What a user prefers: how many rows a page has, on every list (S2-30)."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.decider import Need, Picture, Row, one
from shared.events import Event
from shared.events.invoicing import PageSizeChosen


class Preference(Row, frozen=True):
    """How many rows a user wants on a page."""

    key = "user"

    user: str
    page_rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoosePageSize:
    """Remember how many rows a user wants on a page."""

    user: str
    rows: int

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name the user's preference."""
        return (one(Preference, self.user),)

    def decide(self, picture: Picture) -> list[Event]:
        """Remember it unless it is already so."""
        known = picture.find(Preference, self.user)
        if known and known.page_rows == self.rows:
            return []
        return [PageSizeChosen(user=self.user, rows=self.rows)]
