"""A ledger's books in two ways, asked alike: four services in memory, or the real ones over HTTP.

In memory a request goes through the service's own route, with a journal in memory in the place
of the real one, so that both ways mean the same by it. What a service writes is read by the
others when the sequence lets it, in the order of each journal.
"""

import inspect
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import cache, partial
from types import SimpleNamespace
from typing import Any, NamedTuple, Protocol, cast
from uuid import UUID

import orjson
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from services.archive.domain.audit import Audit
from services.archive.domain.copy import SOURCES, CopiedEntry, copied
from services.reconciliation.domain.item import Allocation, Item
from services.reconciliation.domain.sale import Prepayment
from shared import chains
from shared.auth import Actor
from shared.checking import Flaw
from shared.decider import Command
from shared.errors import Refusal
from shared.money import Money
from shared.seal import Context, Entry, SealedEntry, Signer, genesis
from shared.units import Outcome
from tests.archive.archive_books import PUBLIC_KEY, SEED
from tests.books import Books as RealBooks
from tests.given import LEDGER
from tests.payments.world import SERVICES, World
from tests.reconciliation.books import CheckedBooks

Answer = dict[str, Any]


class Open(NamedTuple):
    """An item of a customer's account, and how much of it no allocation holds, in cents."""

    kind: str
    id: str
    side: str
    cents: int

    @property
    def name(self) -> dict[str, str]:
        """Return its name in requests."""
        return {"kind": self.kind, "id": self.id}


class Books(Protocol):
    """What people can do with a ledger, and see of it."""

    def ask(self, service: str, path: str, body: Answer) -> Answer | None:
        """Put a request; return the answer, or None when it is refused and nothing changed."""
        ...

    def items(self, customer_id: str) -> list[Open]:
        """Return the items of a customer's account that are open."""
        ...

    def allocations(self) -> list[str]:
        """Return the names of allocations that hold."""
        ...

    def prepayments(self) -> list[str]:
        """Return the names of what is held for documents."""
        ...

    def travel(self, _chosen: Callable[[Sequence[Any]], Any], facts: int, /) -> None:
        """Let some facts reach somebody."""
        ...

    def travel_all(self) -> None:
        """Let every fact reach everybody."""
        ...


# ── in memory ───────────────────────────────────────────────────────────────────


class _Journal:
    """Takes what a route asks of the journal to a service in memory."""

    def __init__(self, world: World, service: str) -> None:
        self._world = world
        self._service = service

    async def execute(self, _ledger: str, command: Command, _context: Context) -> Outcome:
        """Carry out a command; return the books as they then stand."""
        self._world.submit(self._service, command)
        return Outcome([], self._world.memories[self._service].picture_of(command.needs))


class MemoryBooks:
    """Three services whose facts reach one another, and the archive, late and interleaved."""

    def __init__(self) -> None:
        self.ours = CheckedBooks()
        self.world = World(reconciliation=self.ours)
        self.archive = Archive()

    def ask(self, service: str, path: str, body: Answer) -> Answer | None:
        """Let the route of this path answer."""
        endpoint, body_model = _route(service, path)
        memory = self.world.memories[service]
        before = memory.tables()
        answer = endpoint(
            request=SimpleNamespace(state=SimpleNamespace(correlation_id=UUID(int=7))),
            ledger=LEDGER,
            actor=Actor("anna", {"*": frozenset("*")}, 0.0),
            journal=_Journal(self.world, service),
            body=body_model.model_validate_json(orjson.dumps(body)),
        )
        try:
            answer.send(None)
        except StopIteration as done:
            return cast("Answer", orjson.loads(orjson.dumps(done.value, default=_plain)))
        except Refusal:
            assert memory.tables() == before
            return None
        raise AssertionError(f"{path} waits for something")

    def items(self, customer_id: str) -> list[Open]:
        """Return the items of a customer's account that are open."""
        return [
            Open(item.kind, str(item.item_id), item.side, item.open_cents)
            for item in self.ours.rows(Item)
            if item.open_cents and str(item.customer_id) == customer_id
        ]

    def allocations(self) -> list[str]:
        """Return the names of allocations that hold."""
        rows = self.ours.rows(Allocation)
        return [str(row.allocation_id) for row in rows if row.released_on is None]

    def prepayments(self) -> list[str]:
        """Return the names of what is held for documents."""
        return [str(row.prepayment_id) for row in self.ours.rows(Prepayment) if row.left_cents]

    def travel(self, chosen: Callable[[Sequence[Any]], Any], facts: int, /) -> None:
        """Let some facts reach somebody: each the next of its journal."""
        for _ in range(facts):
            waiting = [*self.world.undelivered(), *self.archive.behind(self.entries())]
            if not waiting:
                return
            name, of = chosen(waiting)
            if name == "archive":
                self.archive.copy(of, self.entries()[of])
            else:
                self.world.deliver(name, of)

    def travel_all(self) -> None:
        """Let every fact reach everybody."""
        self.travel(lambda waiting: waiting[0], 1_000_000)

    def entries(self) -> dict[str, list[Entry]]:
        """Return the entries of each journal."""
        return {
            service: [written.entry for written in journal]
            for service, journal in self.world.journals.items()
        }


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json")


@cache
def _routes(service: str) -> list[APIRoute]:
    routers = SERVICES[service].routers
    return [r for router in routers for r in router.routes if isinstance(r, APIRoute)]


def _route(service: str, path: str) -> tuple[Callable[..., Coroutine[Any, Any, Any]], Any]:
    """Return what answers a PUT to a path, with the name in it filled in, and its body's model."""
    whole = f"/v1/ledgers/{LEDGER}{path}"
    puts = [route for route in _routes(service) if route.methods == {"PUT"}]
    route, found = next((r, m) for r in puts if (m := r.path_regex.match(whole)))
    takes, texts = inspect.get_annotations(route.endpoint), found.groupdict()
    name = next(key for key in texts if key != "ledger")
    named = {name: TypeAdapter(takes[name]).validate_python(texts[name])}
    return partial(route.endpoint, **named), takes["body"]


class Archive:
    """Copies of three journals; what it copied and its audit are the archive's own deciders'."""

    def __init__(self) -> None:
        self.sealed: dict[str, list[SealedEntry]] = {source: [] for source in SOURCES}
        self.copies: dict[str, list[CopiedEntry]] = {source: [] for source in SOURCES}
        self._signers = {source: Signer(source, SEED) for source in SOURCES}

    def behind(self, journals: Mapping[str, Sequence[Entry]]) -> list[tuple[str, str]]:
        """Return of whom there is something to copy."""
        return [("archive", of) for of in SOURCES if len(self.copies[of]) < len(journals[of])]

    def copy(self, of: str, journal: Sequence[Entry]) -> None:
        """Copy the next entry of a journal, signed if it is the last."""
        place = len(self.copies[of])
        before = self.copies[of][-1] if place else None
        sealed = chains.seal(journal[place], before.hash if before else genesis(of, LEDGER))
        if place + 1 == len(journal):
            head = sealed.ledger, sealed.position, sealed.hash
            signature = self._signers[of].sign(*head)
            sealed = SealedEntry(
                sealed.ledger, sealed.position, sealed.sealed, sealed.hash, signature
            )
        self.sealed[of].append(sealed)
        self.copies[of].append(copied(of, sealed, before=before, same=None))

    def flaws(self) -> list[Flaw]:
        """Audit each journal beside its copy; return what is found."""
        found: list[Flaw | None] = []
        for of, rows in self.sealed.items():
            audit = Audit(of, LEDGER, PUBLIC_KEY)
            if rows:
                audit.expect_head(rows[-1].position, rows[-1].hash, rows[-1].signature)
            audit.see(rows, self.copies[of])
            audit.finish_journal(head_position_after=len(rows))
            audit.finish_copy(followed=len(rows), followed_hash=rows[-1].hash if rows else None)
            audit.compare()
            found += [audit.journal_flaw, audit.copy_flaw]
        return [flaw for flaw in found if flaw]


# ── over HTTP ───────────────────────────────────────────────────────────────────


class HttpBooks:
    """The real services; facts reach one another when they do."""

    def __init__(self, books: RealBooks) -> None:
        self.books = books
        self.refused: set[str] = set()  # the correlation ids of what was refused

    def ask(self, service: str, path: str, body: Answer) -> Answer | None:
        """Put a request; a refusal is remembered, so that nothing may be found of it."""
        answer = self.books.put(service, path, body)
        if answer.is_success:
            return cast("Answer", answer.json())
        assert answer.status_code in (404, 409, 422), answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] != "/problems/malformed", answer.text
        self.refused.add(answer.headers["x-correlation-id"])
        return None

    def items(self, customer_id: str) -> list[Open]:
        """Return the items of a customer's account that are open."""
        rows = self._rows("/items", customer_id=customer_id)
        found = [
            Open(r["kind"], r["id"], r["side"], Money.parse(r["open"], "EUR").cents) for r in rows
        ]
        return [item for item in found if item.cents]

    def allocations(self) -> list[str]:
        """Return the names of allocations of payments that hold."""
        return [row["allocation_id"] for row in self._rows("/allocations")]

    def prepayments(self) -> list[str]:
        """Return the names of what is held for documents."""
        rows = self._rows("/prepayments")
        return [row["prepayment_id"] for row in rows if row["held"] != "0.00"]

    def _rows(self, path: str, **query: str) -> list[Answer]:
        answer = self.books.get("reconciliation", path, limit=500, **query)
        assert answer.is_success, answer.text
        return list(answer.json()["items"])

    def travel(self, _chosen: Callable[[Sequence[Any]], Any], facts: int, /) -> None:
        """They travel by themselves; only a long wait is one."""
        if facts > 16:
            self.travel_all()

    def travel_all(self) -> None:
        """Wait until every fact has reached everybody."""
        self.books.wait_until_caught_up()
