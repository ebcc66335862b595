"""What must be true at the end of every history."""

from collections import Counter
from typing import Any

import orjson
from typing_extensions import override

from cli import conservation
from shared import bus
from shared.checking import Chain
from shared.decider import Picture
from shared.events import Event
from shared.seal import Entry, entry_from
from tests.shared.kept import SEED, public_key
from tests.simulation.books import Insert
from tests.simulation.signing import quick_signature
from tests.simulation.story import Asked, Story
from tests.simulation.world import SERVICES, World

_ORDER = ("invoicing", "payments", "reconciliation")  # each stands on those before
_KEY = public_key(SEED)
Journals = dict[tuple[str, str], list[Entry]]


class Wrong(AssertionError):
    """Something that must hold does not."""


def hold(condition: object, sentence: str) -> None:
    if not condition:
        raise Wrong(sentence)


class QuickChain(Chain):
    """A chain whose heads are signed by `QuickSigner`."""

    @override
    def signed(self, position: int, entry_hash: bytes, signature: bytes) -> bool:
        return signature == quick_signature(self.service, self.ledger, position, entry_hash)


def prove(world: World, story: Story) -> None:
    """Hold everything that must be so; raise Wrong, saying what is not."""
    journals = _journals(world)
    _answers_are_kept(story, journals)
    _checkpoints_name_the_last_entry(world)
    for ledger in {ledger for _, ledger in journals}:
        _money_is_conserved(ledger, journals)
        for service in SERVICES:
            _rows_are_what_the_journals_say(world, service, ledger, journals)


def _journals(world: World) -> Journals:
    """Return every journal; each must be one whole chain, dense and signed, up to its head."""
    found: Journals = {}
    for service, here in world.databases.items():
        moved = {ledger for ledger, head in here.heads.items() if head.position}
        hold(moved == set(here.journal), f"{service}: heads and entries are of other ledgers")
        for ledger, entries in here.journal.items():
            chain = QuickChain(service, ledger, _KEY)
            head = here.heads[ledger]
            flaw = chain.first_flaw(entries) or chain.finish()
            flaw = flaw or chain.compare_head(head.position, head.hash, head.signature)
            hold(flaw is None, f"the chain is broken: {flaw}")
            found[service, ledger] = [entry_from(orjson.loads(e.sealed)) for e in entries]
    return found


def _answers_are_kept(story: Story, journals: Journals) -> None:
    """What was acknowledged is in the journal once; what was refused is not."""
    for asked in story.asked:
        entries = journals.get((asked.service, asked.ledger), [])
        for entry in asked.outcome.entries if asked.outcome else ():
            kept = entries[entry.position - 1] if entry.position <= len(entries) else None
            if kept is None or kept.entry_id != entry.entry_id:
                raise Wrong(f"{asked.service} lost what it acknowledged: {entry}")
        times = sum(_carries_out(asked, entry.fact) for entry in entries)
        wanted = 1 if asked.outcome else 0
        if not wanted and _may_stand_all_the_same(asked, story):
            continue
        if times != wanted:
            raise Wrong(f"{times} times, not {wanted}: {asked}")


def _carries_out(asked: Asked, fact: Event) -> bool:
    kind, name, value = asked.made
    return isinstance(fact, kind) and getattr(fact, name) == value


def _may_stand_all_the_same(asked: Asked, story: Story) -> bool:
    """Say whether what was refused here was done by another request."""
    return any(
        other.outcome and other.ledger == asked.ledger and other.made == asked.made
        for other in story.asked
    )


def _checkpoints_name_the_last_entry(world: World) -> None:
    for service in SERVICES.values():
        for source in service.sources:
            for ledger, head in world.databases[source].heads.items():
                at = world.followed(service.name, source, ledger)
                hold(
                    head.position == 0 or (at.position, at.hash) == (head.position, head.hash),
                    f"{service.name} follows {source}, {ledger} to {at.position}",
                )


def topics_hold_everything(world: World) -> bool:
    """Say whether each topic holds each entry, byte for byte, first in order of position."""
    for service, here in world.databases.items():
        read: dict[str, list[bytes]] = {ledger: [] for ledger in here.journal}
        for partition in world.broker.topics.get(bus.topic_of(service), ()):
            for record in partition:
                message = bus.from_record(service, record)
                known = read[message.stored.ledger]
                if message.stored.position == len(known) + 1:
                    known.append(message.stored.sealed)
        for ledger, entries in here.journal.items():
            if read[ledger] != [entry.sealed for entry in entries]:
                return False
    return True


def _money_is_conserved(ledger: str, journals: Journals) -> None:
    entries = [e for (_, name), each in journals.items() if name == ledger for e in each]
    verdict = conservation.check(entries)
    if not verdict.finished:
        raise Wrong(f"money: {verdict.violation or verdict}")


def _rows_are_what_the_journals_say(
    world: World, name: str, ledger: str, journals: Journals
) -> None:
    service, picture = SERVICES[name], Picture(ledger)
    for source in _ORDER:
        if source in (name, *service.sources):
            for entry in journals.get((source, ledger), ()):
                picture.load(service.projection.needs(entry.fact), ())
                service.projection.apply(picture, entry)
    here = world.databases[name]
    said: dict[Any, Any] = {}
    for change in service.tables.changes([picture]):
        insert = Insert(change.target.table, change.target.columns)
        said |= {(insert.table, here.place(insert, row)): row for row in change.records}
    kept = {
        (table.name, (ledger, key)): row
        for table in service.tables.row_tables
        for key, row in here.records[table.name].get(ledger, {}).items()
    }
    differing = Counter(
        place[0] for place in said.keys() | kept.keys() if said.get(place) != kept.get(place)
    )
    hold(not differing, f"{name}, {ledger}: rows are not what the journals say: {differing}")
