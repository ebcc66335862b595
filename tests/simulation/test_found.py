"""What histories found, each as a test of its own: if one failed, it would be there again."""

from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from cli import conservation
from cli.conservation.order import Walk
from shared.decider import Need, Picture, one
from shared.events import Event
from shared.events.payments import AppliedTo
from shared.seal import Context, Entry
from shared.tables import Checkpoint
from tests.facts import customer, euros, named, payment, shortfall
from tests.invoicing import words as invoicing
from tests.payments import words as payments
from tests.simulation import world
from tests.simulation.kafka import Record
from tests.simulation.loop import OUTSIDE
from tests.simulation.world import NOON, World, stand_ins

TOPIC = "acquit.invoicing"
_BY = Context("anna", UUID(int=7))


def test_money_kept_as_credit_may_name_a_document_that_is_on_its_way() -> None:
    """Payments knew no number of it, and `acquit verify` said that the money does not add up."""
    waiting = AppliedTo(document_id=named("F1"), document_number="", amount=euros("10.00"))
    facts = {
        "invoicing": customer(),
        "payments": payment("P1", "10.00", number="RC1").model_copy(
            update={"applies_to": (waiting,), "number": "RC1"}
        ),
    }
    entries = [
        Entry(service, "demo", 1, UUID(int=n), NOON, _BY, fact)
        for n, (service, fact) in enumerate(facts.items())
    ]
    assert conservation.check(entries).violation is None


def test_a_shortfall_may_be_older_than_its_payment_by_the_clocks() -> None:
    """A document that came last caused it, and `acquit verify` said nobody had asked for it."""
    later = NOON + timedelta(seconds=1)  # by a clock that is ahead
    paid = payment("P1", "12.00", {"F1": "12.00"})
    short = shortfall("P1", "F1", "12.00", "0.00")
    journals = {
        "reconciliation": [Entry("reconciliation", "demo", 1, UUID(int=1), NOON, _BY, short)],
        "payments": [Entry("payments", "demo", 1, UUID(int=2), later, _BY, paid)],
    }
    assert [entry.fact for entry in Walk(journals)] == [paid, short]


class Quiet:
    """A world in which nothing breaks but what the test breaks; each service runs twice."""

    def __init__(self) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(world, "_LAYOUTS", ((True, True),))
            patch.setattr(world, "_AT_ONCE_MAX", (32,))
            patch.setattr(world, "_REMEMBERED_MAX", (50_000,))
            self.world = World.of(Random(1))  # noqa: S311 - it has to be the same again
        for here in self.world.databases.values():
            here.breaks = 0
        self.world.broker.lost = 0

    @contextmanager
    def running(self) -> Iterator[World]:
        with stand_ins(self.world):
            for node in self.world.all_nodes:
                node.start()
            yield self.world
            self.world.end()

    def done(self, *works: Coroutine[Any, Any, Any]) -> None:
        tasks = [self.world.loop.spawn(OUTSIDE, work) for work in works]
        self.until(lambda: all(task.done() for task in tasks))
        for task in tasks:
            task.result()

    def until(self, condition: Any, steps: int = 20_000) -> None:
        for _ in range(steps):
            if condition():
                return
            self.world.loop.run(1)
        raise AssertionError("it did not happen")


def test_what_takes_the_place_of_lost_records_is_read() -> None:
    """The topic comes back shorter, and is filled up to the offset a follower was at.

    The entry stayed unseen until the next one of its ledger came, and the lag said 0.
    """
    quiet = Quiet()
    with quiet.running() as here:
        (writer, reader, other) = (here.nodes["invoicing"][0], *here.nodes["reconciliation"])
        quiet.done(writer.ask("north", invoicing.register()))
        quiet.until(here.settled)
        (log,) = [part for part in here.broker.topics[TOPIC] if part]
        again = log[0]
        log.append(Record(TOPIC, again.partition, 1, again.key, again.value, again.headers))
        consumed = (TOPIC, again.partition)
        offsets = here.databases["reconciliation"].offsets
        quiet.until(lambda: offsets.get(consumed, (0, None))[0] == 2)
        reader.crash()
        other.crash()
        del log[1:]
        quiet.done(writer.ask("north", invoicing.register(named("Martin"), code="M")))
        quiet.until(here.settled)


def test_an_answer_can_look_at_rows_that_the_writer_forgets_meanwhile() -> None:
    """A request that was carried out was answered with 500 when too much was remembered."""
    row = Checkpoint("demo", "payments", 1, b"")
    remembered: dict[Any, Any] = {(Checkpoint, "payments"): row}
    picture = Picture("demo", remembered=remembered)
    assert not picture.missing([one(Checkpoint, "payments")])
    remembered.clear()
    assert picture.find(Checkpoint, "payments") == row


class Torn:
    """A command that finds rows which don't go together, unless the head is locked."""

    def __init__(self, head_is_locked: Callable[[], bool]) -> None:
        self._head_is_locked = head_is_locked

    def needs(self, _picture: Picture) -> Iterable[Need]:
        return ()

    def decide(self, _picture: Picture) -> list[Event]:
        assert self._head_is_locked()
        return []


def test_what_trips_over_rows_that_change_meanwhile_is_decided_again_under_lock() -> None:
    """A follower stood still for good when another process wrote between two of its reads."""
    quiet = Quiet()
    with quiet.running() as here:
        (node, *_), database = here.nodes["payments"], here.databases["payments"]
        quiet.done(node.ask("north", payments.account("CIC")))
        quiet.done(node.ask("north", Torn(lambda: "north" in database.locks)))


def test_a_ledger_is_not_refused_from_memory_because_another_is_written() -> None:
    """Of a batch's ledgers only those that were written in were guarded against other writers."""
    quiet = Quiet()
    with quiet.running() as here:
        customer_of = here.nodes["invoicing"][0]
        for ledger in ("north", "south"):
            quiet.done(customer_of.ask(ledger, invoicing.register()))
        quiet.until(here.settled)
        one_node, another = here.nodes["payments"]
        for ledger in ("north", "south"):
            quiet.done(one_node.ask(ledger, payments.account("CIC")))
        quiet.done(another.ask("south", payments.account("LCL")))
        into_new = payments.record("P1", "1.00", bank_account="LCL", confirm=payments.CREDIT)
        quiet.done(
            one_node.ask("north", payments.account("BNP")),
            one_node.ask("south", into_new),
        )
