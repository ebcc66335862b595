"""Projections and reactions: what facts do to rows, and what they oblige us to decide.

A projection is one function per fact; it changes the rows of a picture and can be run
again over the whole history to rebuild the tables. Facts of different journals may
arrive in any order relative to one another, so what a function does must commute with
facts of other sources. A reaction answers a followed fact with commands of ours, in the
same commit; it never runs during a rebuild.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from shared.bus import Message
from shared.decider import Command, Need, Picture
from shared.events import Event
from shared.seal import Entry

E = TypeVar("E", bound=Event)
Needs = Callable[[Any], Iterable[Need]]
Change = Callable[[Picture, Entry, Any], None]
React = Callable[[Entry, Any], Iterable[Command]]


@dataclass(frozen=True, slots=True)
class _Handler:
    needs: Needs
    change: Change


class Keeper(Protocol):
    """Takes followed messages as they came, byte for byte."""

    def needs(self, message: Message) -> Iterable[Need]:
        """Name the rows it touches."""
        ...

    def take(self, picture: Picture, message: Message) -> None:
        """Change them; raise a Refusal to stop the follower."""
        ...


class Projection:
    """Turns facts into rows; knows for each fact which rows it touches."""

    def __init__(self) -> None:
        self._handlers: dict[type[Event], _Handler] = {}
        self._keeper: Keeper | None = None

    def keep(self, keeper: Keeper) -> None:
        """Hand every followed message to a keeper, whatever its fact: the archive's copy."""
        self._keeper = keeper

    @property
    def keeper(self) -> Keeper | None:
        """Return who takes every followed message as it came."""
        return self._keeper

    def on(
        self, event: type[E], needs: Callable[[E], Iterable[Need]]
    ) -> Callable[[Callable[[Picture, Entry, E], None]], Callable[[Picture, Entry, E], None]]:
        """Register the one function that says what a fact does to the rows it names."""

        def register(
            change: Callable[[Picture, Entry, E], None],
        ) -> Callable[[Picture, Entry, E], None]:
            if event in self._handlers:
                raise TypeError(f"{event.type} already has its function")
            self._handlers[event] = _Handler(needs, change)
            return change

        return register

    @property
    def wire_names(self) -> frozenset[str]:
        """Return the wire names of the facts it applies."""
        return frozenset(event.type for event in self._handlers)

    def needs(self, fact: Event) -> Iterable[Need]:
        """Name the rows that a fact touches."""
        handler = self._handlers.get(type(fact))
        return handler.needs(fact) if handler else ()

    def apply(self, picture: Picture, entry: Entry) -> None:
        """Change the rows as the entry's fact says; facts without a function change none."""
        handler = self._handlers.get(type(entry.fact))
        if handler:
            handler.change(picture, entry, entry.fact)


class Reactions:
    """Answers facts of other services with commands of ours."""

    def __init__(self) -> None:
        self._reactions: dict[type[Event], React] = {}

    def on(
        self, event: type[E]
    ) -> Callable[
        [Callable[[Entry, E], Iterable[Command]]], Callable[[Entry, E], Iterable[Command]]
    ]:
        """Register the function that answers a fact."""

        def register(
            react: Callable[[Entry, E], Iterable[Command]],
        ) -> Callable[[Entry, E], Iterable[Command]]:
            if event in self._reactions:
                raise TypeError(f"{event.type} already has its reaction")
            self._reactions[event] = react
            return react

        return register

    @property
    def wire_names(self) -> frozenset[str]:
        """Return the wire names of the facts it answers."""
        return frozenset(event.type for event in self._reactions)

    def commands(self, entry: Entry) -> Iterable[Command]:
        """Return the commands that the entry's fact obliges us to carry out."""
        react = self._reactions.get(type(entry.fact))
        return react(entry, entry.fact) if react else ()
