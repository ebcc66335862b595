"""History: facts read again from the owners' journals, or from Kafka, page by page.

The invariant: every entry is held against its chain before anybody sees what it says, up to
the one that was applied last and no further; if any of that can't be done, nothing counts.
"""

import enum
from collections.abc import AsyncGenerator, Container, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from itertools import repeat
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import bus, chains
from shared.bus import Message, UnusableMessageError
from shared.checking import Chain
from shared.database import transaction
from shared.refill import Refill, entries_in
from shared.seal import Entry, SealedEntry, entry_from
from shared.settings import Settings

_PAGE = 2_000
_FETCH_BYTES = 8_000_000


class End(NamedTuple):
    """The last entry to apply of a journal."""

    position: int
    hash: bytes


Until = dict[tuple[str, str], End]  # by source and ledger
Messages = Iterator[Message]  # of one page, parsed as they are taken
Pages = AsyncGenerator[tuple[Messages], None]


class Source(enum.StrEnum):
    """Where a rebuild reads facts: the owners' journals, or Kafka alone."""

    JOURNAL = "journal"
    KAFKA = "kafka"


class JournalIncompleteError(RuntimeError):
    """A journal can't be read as far as it was applied, or is not whole: nothing was changed."""


def from_topic(origin: str, record: ConsumerRecord) -> Message:
    """Parse a record; raise JournalIncompleteError unless key and headers say what is sealed."""
    try:
        message = bus.from_record(origin, record)
    except UnusableMessageError as error:
        raise JournalIncompleteError(f"{bus.place_of(record)}: {error}") from error
    headers, key = bus.headers_of(message), message.stored.ledger.encode()
    if (tuple(record.headers), record.key) != (tuple(headers), key):
        _name_what_differs(record, {**dict(headers), "key": key})
    return message


def _name_what_differs(record: ConsumerRecord, sealed: dict[str, bytes]) -> None:
    found = {**dict(record.headers), "key": record.key}
    if differing := sorted(name for name, _ in sealed.items() ^ found.items()):
        names = ", ".join(dict.fromkeys(differing))
        raise JournalIncompleteError(f"{bus.place_of(record)}: {names}: not what is sealed")


class Checked:
    """The entries of one origin that are to be applied, each held against its chain."""

    def __init__(self, settings: Settings, origin: str, until: Until) -> None:
        self.origin = origin
        self._until = {ledger: end for (source, ledger), end in until.items() if source == origin}
        key = settings.public_keys[origin]
        self._chains = {ledger: Chain(origin, ledger, key) for ledger in self._until}

    @property
    def ledgers(self) -> list[str]:
        """Return the ledgers of which entries are to be applied."""
        return list(self._chains)

    def entries(self, known: Container[str], messages: Messages) -> list[Entry]:
        """Return what those of a page that come next say, where somebody wants to know it."""
        taken = [message for message in messages if self.takes(message)]
        return [entry_from(message.envelope) for message in taken if message.type in known]

    def takes(self, message: Message) -> bool:
        """Say whether it comes next; raise JournalIncompleteError when it does not fit."""
        stored = message.stored
        chain = self._chains.get(stored.ledger)
        if chain is None or stored.position != chain.position + 1:
            return False
        if stored.position > self._until[stored.ledger].position:
            return False
        if flaw := chain.check(stored):
            raise JournalIncompleteError(
                f"{self.origin}, {stored.ledger}, position {flaw.position}: {flaw.detail}"
            )
        return True

    def finish(self) -> None:
        """Raise JournalIncompleteError unless everything was read, to the entry applied last."""
        for ledger, until in self._until.items():
            chain = self._chains[ledger]
            if chain.position < until.position:
                raise JournalIncompleteError(
                    f"{self.origin}, {ledger}: what can be read ends at position "
                    f"{chain.position}, {until.position} were applied"
                )
            if chain.hash != until.hash:
                raise JournalIncompleteError(
                    f"{self.origin}, {ledger}, position {chain.position}: "
                    "it is not the entry that was applied"
                )


@dataclass(frozen=True, slots=True)
class History:
    """All facts that a service applies, as it can read them again."""

    service: str
    settings: Settings
    engine: AsyncEngine
    refill: Refill

    def pages(self, source: Source, checked: Checked) -> Pages:
        """Return the pages that hold the entries of one origin, in order, and perhaps others."""
        if source is Source.KAFKA:
            return self._from_kafka(checked.origin)
        if checked.origin == self.service:
            return self._from_own_journal(checked.ledgers)
        return self._from_journals(checked.origin, checked.ledgers)

    async def _from_own_journal(self, ledgers: Sequence[str]) -> Pages:
        """Read over a connection of its own: the rebuild's is writing."""
        for ledger in ledgers:
            after = 0
            async with transaction(self.engine) as db:
                while page := await chains.read_sealed(db, ledger, after, _PAGE):
                    yield (_parsed(self.service, page),)
                    after = page[-1].position

    async def _from_journals(self, origin: str, ledgers: Sequence[str]) -> Pages:
        for ledger in ledgers:
            async with aclosing(self.refill.pages(origin, ledger)) as pages:
                async for lines, _ in pages:
                    yield (_parsed(origin, entries_in(ledger, lines)),)

    async def _from_kafka(self, origin: str) -> Pages:
        """Read the topic to where it ends now, one partition after the other."""
        topic, servers = bus.topic_of(origin), self.settings.kafka_servers
        async with bus.administrator(servers) as admin:
            places = [TopicPartition(topic, n) for n in await bus.partitions_of(admin, topic)]
        if not places:
            return
        consumer = AIOKafkaConsumer(
            bootstrap_servers=servers,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=20,  # waiting at the end of one partition keeps the next one waiting
            max_partition_fetch_bytes=_FETCH_BYTES,
        )
        async with bus.opened(consumer):
            ends = await consumer.end_offsets(places)
            for place in places:
                consumer.assign([place])
                consumer.seek(place, 0)
                while await consumer.position(place) < ends[place]:
                    found = await consumer.getmany(place, timeout_ms=1_000, max_records=_PAGE)
                    yield (map(from_topic, repeat(origin), found.get(place, ())),)


def _parsed(origin: str, entries: Iterable[SealedEntry]) -> Messages:
    return (bus.message(origin, e.sealed, e.hash, e.signature) for e in entries)
