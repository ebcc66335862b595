"""Three services in memory, whose facts reach one another late and in any order."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from services.invoicing.service import SERVICE as INVOICING
from services.payments.service import SERVICE as PAYMENTS
from services.reconciliation.service import SERVICE as RECONCILIATION
from shared.decider import Command
from shared.errors import Refusal
from shared.events import Event
from shared.service import Service
from tests.given import Memory

SERVICES: dict[str, Service] = {s.name: s for s in (INVOICING, PAYMENTS, RECONCILIATION)}


@dataclass(frozen=True)
class Written:
    """A fact, and how much of every journal its service had applied when it wrote it."""

    fact: Event
    seen: dict[str, int]


class World:
    """Journals of three services, and how far each has read the others'."""

    def __init__(self) -> None:
        self.memories = {name: _memory(service) for name, service in SERVICES.items()}
        self.journals: dict[str, list[Written]] = {name: [] for name in SERVICES}
        self.read = {(name, of): 0 for name, s in SERVICES.items() for of in s.sources}

    def say(self, service: str, *facts: Event) -> None:
        """Let a service write facts without asking whether it would."""
        self.memories[service].apply(*facts)
        self._write(service, facts)

    def ask(self, service: str, command: Command) -> list[Event]:
        """Ask a service for something; a refusal is an answer like another."""
        try:
            facts = self.memories[service].decide(command)
        except Refusal:
            return []
        self._write(service, facts)
        return facts

    def undelivered(self) -> list[tuple[str, str]]:
        """Return who has something to read, and from whom."""
        return [(name, of) for (name, of), n in self.read.items() if n < len(self.journals[of])]

    def deliver(self, name: str, of: str) -> None:
        """Let a service read one fact of another, and do what it obliges it to."""
        place = self.read[name, of]
        self.read[name, of] += 1
        ours = self.memories[name].follow(self.journals[of][place].fact)
        self._write(name, ours)

    def deliver_everything(self) -> None:
        """Let everybody read everything, until there is nothing more to say."""
        while waiting := self.undelivered():
            self.deliver(*waiting[0])

    def _write(self, service: str, facts: Iterable[Event]) -> None:
        for fact in facts:
            seen = {of: self.read[service, of] for of in SERVICES[service].sources}
            self.journals[service].append(Written(fact, seen))

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
            memory.apply(self.journals[of][read[of]].fact)
            read[of] += 1
        assert all(read[of] == len(self.journals[of]) for of in read)
        return memory


def _memory(service: Service) -> Memory:
    return Memory(service.projection, service.reactions)
