"""Notes: the one thing that the tiny services of these tests decide about.

Facts are borrowed from invoicing (`NumberingConfigured`): a series is a note's name, its
template the note's text. A note counts how often a fact was applied to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.decider import Command, Need, Picture, Row, one
from shared.errors import Refusal
from shared.events import Event
from shared.events.invoicing import NumberingConfigured
from shared.projection import Projection, Reactions
from shared.seal import Entry


class Note(Row, frozen=True):
    key = "name"

    name: str
    text: str
    times: int


class NoteTaken(Refusal):
    """There is a note of this name, and it says something else."""


@dataclass(frozen=True, slots=True)
class Put:
    """Put a note on the shelf; the same note again changes nothing."""

    name: str
    text: str = ""

    def needs(self, _picture: Picture) -> Iterable[Need]:
        return (one(Note, self.name),)

    def decide(self, picture: Picture) -> list[Event]:
        known = picture.find(Note, self.name)
        if known and known.text != self.text:
            raise NoteTaken(name=self.name)
        return [] if known else [NumberingConfigured(series=self.name, template=self.text)]


@dataclass(frozen=True, slots=True)
class Break:
    """A command with a defect."""

    def needs(self, _picture: Picture) -> Iterable[Need]:
        return ()

    def decide(self, _picture: Picture) -> list[Event]:
        raise ZeroDivisionError("a defect of ours")


BREAKS_THE_STATEMENT = Put("nul", "\x00")  # decided without trouble, refused by PostgreSQL


def keeping() -> Projection:
    """Keep each note, and count how often its fact was applied."""
    projection = Projection()

    @projection.on(NumberingConfigured, lambda fact: [one(Note, fact.series)])
    def keep(picture: Picture, _entry: Entry, fact: NumberingConfigured) -> None:
        known = picture.find(Note, fact.series)
        times = known.times + 1 if known else 1
        picture.put(Note(picture.ledger, fact.series, fact.template, times))

    return projection


def copying() -> Reactions:
    """Answer each note that is followed with a note of our own, `copy of …`."""
    reactions = Reactions()

    @reactions.on(NumberingConfigured)
    def copy(_entry: Entry, fact: NumberingConfigured) -> Iterable[Command]:
        yield Put(f"copy of {fact.series}", fact.template)

    return reactions


def names(count: int, word: str = "n") -> list[str]:
    """Return the names of so many notes."""
    return [f"{word}{i}" for i in range(count)]
