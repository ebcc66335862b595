"""What people see of a ledger: who issues its papers, and where each screen's help is."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.decider import Need, Picture, Row, one
from shared.events import Event
from shared.events.papers import HelpLink, PresentationConfigured

PRESENTATION = "presentation"


class Presentation(Row, frozen=True):
    """The issuer's lines on papers, and a help link per screen; screens are the client's."""

    key = "name"

    name: str
    issuer: tuple[str, ...]
    help_links: tuple[dict[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurePresentation:
    """Say who issues a ledger's papers, and where each screen's help is."""

    issuer: tuple[str, ...]
    help_links: tuple[tuple[str, str], ...]  # screen, address

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name what is configured."""
        return (one(Presentation, PRESENTATION),)

    def decide(self, picture: Picture) -> list[Event]:
        """Configure unless it is already so."""
        links = tuple(HelpLink(screen=screen, url=url) for screen, url in self.help_links)
        known = picture.find(Presentation, PRESENTATION)
        wanted = (self.issuer, tuple(link.model_dump() for link in links))
        if known and (known.issuer, known.help_links) == wanted:
            return []
        return [PresentationConfigured(issuer=self.issuer, help_links=links)]
