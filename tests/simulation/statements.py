"""The statements that relays, followers and leases make, and what each does in memory.

Those of the writer are in `books`.

One that is not known raises, so that a change of the core can't pass by unseen.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from types import SimpleNamespace
from typing import Any, Self

from tests.simulation.books import Meaning, Rows, of_the_writer


class Result(list[tuple[Any, ...]]):
    """Rows, as a query answers them."""

    def all(self) -> Self:
        return self

    def scalar_one(self) -> Any:
        ((value,),) = self
        return value


READ_MAX = 5  # entries of one ledger that a relay reads at once: the rest comes later


def _take(session: Any, values: Mapping[str, Any]) -> Rows:
    lease = values["name"], values["number"]
    return [(session.database.leases.setdefault(lease, session) is session,)]


def _give_back(session: Any, values: Mapping[str, Any]) -> Rows:
    lease = values["name"], values["number"]
    held = session.database.leases.get(lease) is session
    if held:
        del session.database.leases[lease]
    return [(held,)]


def _come(session: Any, values: Mapping[str, Any]) -> Rows:
    session.database.present.setdefault(values["name"], {})[session] = None
    return []


def _count_present(session: Any, values: Mapping[str, Any]) -> Rows:
    return [(len(session.database.present.get(values["name"], ())),)]


def _behind(session: Any) -> Rows:
    here = session.database
    for ledger, head in sorted(here.heads.items()):
        relayed = here.relayed[ledger][0] if ledger in here.relayed else 0
        if head.position > relayed:
            yield ledger, relayed, head.position


def _to_be_sent(session: Any, ledger: str, after: int, _limit: int) -> Rows:
    for entry in session.database.journal[ledger][after : after + READ_MAX]:
        yield entry.ledger, entry.position, entry.sealed, entry.hash, entry.signature


def _advance(session: Any, ledger: str, *place: int) -> Rows:
    session.database.relayed[ledger] = place
    return []


def _last_sent(session: Any) -> Rows:
    last: dict[int, Any] = {}
    for ledger, (position, partition, offset) in session.database.relayed.items():
        if partition not in last or last[partition].topic_offset < offset:
            last[partition] = _Sent(partition, offset, ledger, position)
    return last.values()


class _Sent(tuple[int, int, str, int]):
    """A row that is also known by the names of its columns."""

    __slots__ = ()

    def __new__(cls, *values: Any) -> Self:
        return super().__new__(cls, values)

    topic_partition = property(lambda self: self[0])
    topic_offset = property(lambda self: self[1])
    ledger = property(lambda self: self[2])
    position = property(lambda self: self[3])


def _forget_partition(session: Any, values: Mapping[str, Any]) -> Rows:
    here = session.database
    here.relayed = {k: v for k, v in here.relayed.items() if v[1] != values["partition"]}
    return []


def _offsets(session: Any, values: Mapping[str, Any]) -> Rows:
    return [
        SimpleNamespace(topic_partition=partition, next_offset=offset, last_hash=hash_)  # type: ignore[misc]
        for (topic, partition), (offset, hash_) in session.database.offsets.items()
        if topic == values["topic"]
    ]


def _save_offsets(session: Any, values: Sequence[Mapping[str, Any]]) -> Rows:
    for each in values:
        session.database.offsets[each["topic"], each["partition"]] = each["offset"], each["hash"]
    return []


def _nothing(_session: Any, *_values: Any) -> Rows:
    return []


_STATEMENTS: dict[str, Meaning] = {
    "SELECT pg_try_advisory_lock": _take,
    "SELECT pg_advisory_unlock": _give_back,
    "SELECT pg_advisory_lock_shared": _come,
    "SELECT count(*) FROM pg_locks": _count_present,
    "SET synchronous_commit": _nothing,
    "SET enable_seqscan": _nothing,
    "SELECT h.ledger, coalesce(r.position, 0), h.position FROM chain_heads h": _behind,
    "SELECT ledger, position, sealed, hash, signature FROM journal": _to_be_sent,
    "INSERT INTO relay_checkpoints": _advance,
    "SELECT DISTINCT ON (topic_partition)": _last_sent,
    "DELETE FROM relay_checkpoints WHERE topic_partition": _forget_partition,
    "SELECT topic_partition, next_offset, last_hash FROM topic_offsets": _offsets,
    "INSERT INTO topic_offsets": _save_offsets,
}


@cache
def meaning(statement: Any) -> Meaning:
    text = " ".join(str(statement).split())
    if known := of_the_writer(text):
        return known
    for beginning, carry_out in _STATEMENTS.items():
        if text.startswith(beginning):
            return carry_out
    raise LookupError(f"the simulation does not know this statement: {text}")
