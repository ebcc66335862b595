"""Three services in memory, whose facts reach one another late and in any order."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from services.invoicing.service import SERVICE as INVOICING
from services.payments.service import SERVICE as PAYMENTS
from services.reconciliation.service import SERVICE as RECONCILIATION
from shared.decider import Command
from shared.errors import Refusal
from shared.events import Event
from shared.seal import Entry
from shared.service import Service
from tests.given import Memory

SERVICES: dict[str, Service] = {s.name: s for s in (INVOICING, PAYMENTS, RECONCILIATION)}


@dataclass(frozen=True)
class Written:
    """An entry, and how much of every journal its service had applied when it wrote it."""

    entry: Entry
    seen: dict[str, int]


class World:
    """Journals of three services, and how far each has read the others'."""

    def __init__(self, **memories: Memory) -> None:
        """Begin with nothing; a service may be given a memory that checks more."""
        plain = {name: _memory(service) for name, service in SERVICES.items()}
        self.memories = plain | memories
        self.journals: dict[str, list[Written]] = {name: [] for name in SERVICES}
        self.read = {(name, of): 0 for name, s in SERVICES.items() for of in s.sources}

    def say(self, service: str, *facts: Event) -> None:
        """Let a service write facts without asking whether it would."""
        with self._writing(service):
            self.memories[service].apply(*facts)

    def ask(self, service: str, command: Command) -> list[Event]:
        """Ask a service for something; a refusal is an answer like another."""
        try:
            return self.submit(service, command)
        except Refusal:
            return []

    def submit(self, service: str, command: Command) -> list[Event]:
        """Ask a service for something; raise its refusal."""
        with self._writing(service):
            return self.memories[service].decide(command)

    def undelivered(self) -> list[tuple[str, str]]:
        """Return who has something to read, and from whom."""
        return [(name, of) for (name, of), n in self.read.items() if n < len(self.journals[of])]

    def deliver(self, name: str, of: str) -> None:
        """Let a service read one fact of another, and do what it obliges it to."""
        place = self.read[name, of]
        self.read[name, of] += 1
        with self._writing(name):
            self.memories[name].hear(self.journals[of][place].entry)

    def deliver_everything(self) -> None:
        """Let everybody read everything, until there is nothing more to say."""
        while waiting := self.undelivered():
            self.deliver(*waiting[0])

    @contextmanager
    def _writing(self, service: str) -> Iterator[None]:
        """Take what the service writes in the block into its journal."""
        entries = self.memories[service].entries
        before = len(entries)
        yield
        seen = {of: self.read[service, of] for of in SERVICES[service].sources}
        ours = [entry for entry in entries[before:] if entry.service == service]
        self.journals[service] += [Written(entry, seen) for entry in ours]

    def replayed(self, name: str, choose: Callable[[list[str]], str]) -> Memory:
        """Return a service's rows from the same journals, read in another order.

        What a source says of our facts comes after them. What reconciliation wrote comes
        after what it was about; a rebuild reads in such an order too.
        """
        memory, read = _memory(SERVICES[name]), dict.fromkeys((name, *SERVICES[name].sources), 0)

        def may_come(of: str) -> bool:
            if read[of] == len(self.journals[of]):
                return False
            seen = self.journals[of][read[of]].seen
            bound = seen if of == name == "reconciliation" else {name: seen.get(name, 0)}
            return all(read[source] >= count for source, count in bound.items())

        while ready := [of for of in read if may_come(of)]:
            of = choose(sorted(ready))
            memory.apply(self.journals[of][read[of]].entry.fact)
            read[of] += 1
        assert all(read[of] == len(self.journals[of]) for of in read)
        return memory


def _memory(service: Service) -> Memory:
    return Memory(service.projection, service.reactions)
