"""If these failed, whoever controls Kafka could change a topic, and a rebuild would believe it.

Every part of a record is changed, and records are taken out, put in and moved; reading the
topic from end to end, as a rebuild and its check do, must name where.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from shared import bus
from shared.history import Checked, End, JournalIncompleteError, from_topic
from shared.seal import SealedEntry
from shared.settings import Settings
from tests.archive.archive_books import (
    LEDGER,
    PUBLIC_KEY,
    entry_after,
    rewritten,
    with_hash,
    written,
)

COMMITS = (2, 2, 2)  # so that every other entry carries a signed head
KEYS = cast("Settings", SimpleNamespace(public_keys={"payments": PUBLIC_KEY}))


@dataclass(frozen=True)
class Record:
    """What a consumer sees of a record."""

    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    offset: int = 0
    topic: str = "acquit.payments"
    partition: int = 0


def records(entries: Sequence[SealedEntry]) -> list[Record]:
    return [Record(e.ledger.encode(), e.sealed, tuple(bus.headers(e))) for e in entries]


def named(topic: Sequence[Record]) -> int | None:
    """Read a topic from end to end; return the position or offset of what is wrong, counted from 1.

    An offset is where a record stands, one less than the position that belongs there.
    """
    last = written(*COMMITS)[-1]
    until = End(last.position, last.hash)
    checked = Checked(KEYS, "payments", {("payments", LEDGER): until})
    try:
        for offset, record in enumerate(topic):
            checked.takes(from_topic("payments", cast("Any", replace(record, offset=offset))))
        checked.finish()
    except JournalIncompleteError as error:
        return _place(str(error))
    return None


def _place(sentence: str) -> int:
    found = re.search(r"offset (\d+)|ends at position (\d+)|position (\d+):", sentence)
    assert found, sentence
    offset, end, position = found.groups()
    return int(position) if position else int(offset or end) + 1


def with_header(record: Record, name: str, value: bytes | None) -> Record:
    """Return a record with a header changed, or without it."""
    kept = [(n, value if n == name else v) for n, v in record.headers]
    return replace(record, headers=tuple((n, v) for n, v in kept if v is not None))


def test_a_topic_as_it_was_written_is_whole() -> None:
    assert named(records(written(*COMMITS))) is None


HEADERS = [name for name, _ in bus.headers(written(*COMMITS)[1])]
CHANGES: dict[str, Callable[[bytes], bytes | None]] = {
    "another": lambda value: value[:-1] + bytes([value[-1] ^ 1]),
    "longer": lambda value: value + b"0",
    "empty": lambda _: b"",
    "gone": lambda _: None,
}


# Which entries were signed the journal says, and not the topic.
HEADER_CHANGES = [
    (header, how)
    for header in HEADERS
    for how in CHANGES
    if header != "ce_signature" or how not in ("gone", "empty")
]


@pytest.mark.parametrize("place", [2, 6])
@pytest.mark.parametrize(("header", "how"), HEADER_CHANGES)
def test_a_changed_header_is_named(header: str, place: int, how: str) -> None:
    topic = records(written(*COMMITS))
    record = topic[place - 1]
    changed = CHANGES[how](dict(record.headers)[header])
    topic[place - 1] = with_header(record, header, changed)
    assert named(topic) == place


def test_a_header_that_was_added_is_named() -> None:
    topic = records(written(*COMMITS))
    topic[2] = replace(topic[2], headers=(*topic[2].headers, ("ce_causationid", b"0")))
    assert named(topic) == 3


@pytest.mark.parametrize("key", [b"elsewhere", b"", None])
def test_a_changed_key_is_named(key: bytes | None) -> None:
    topic = records(written(*COMMITS))
    topic[2] = replace(topic[2], key=key)
    assert named(topic) == 3


VALUES: dict[str, Callable[[bytes], bytes | None]] = {
    "another": lambda value: value.replace(b"Virement", b"virement"),
    "cut": lambda value: value[:-1],
    "empty": lambda _: b"",
    "none": lambda _: None,
}


@pytest.mark.parametrize("how", VALUES)
@pytest.mark.parametrize("place", [1, 3, 6])
def test_a_changed_value_is_named(place: int, how: str) -> None:
    topic = records(written(*COMMITS))
    value = topic[place - 1].value
    assert value
    topic[place - 1] = replace(topic[place - 1], value=VALUES[how](value))
    assert named(topic) == place


@pytest.mark.parametrize("place", range(1, 7))
def test_a_changed_value_with_fitting_headers_is_named_there_or_at_the_next_link(
    place: int,
) -> None:
    journal = written(*COMMITS)
    old = journal[place - 1]
    forged = with_hash(replace(old, sealed=old.sealed.replace(b"Virement", b"virement")))
    signed = old.signature is not None
    topic = records([*journal[: place - 1], forged, *journal[place:]])
    assert named(topic) == (place if signed else place + 1)


@pytest.mark.parametrize("place", range(1, 7))
def test_a_history_written_anew_without_the_key_is_named_where_it_begins(place: int) -> None:
    forged = rewritten(written(*COMMITS), place)
    genuine = written(*COMMITS)
    assert named(records([*forged[:place], *genuine[place:]])) in (place, place + 1)


@pytest.mark.parametrize("place", range(1, 7))
def test_a_missing_record_is_named(place: int) -> None:
    journal = written(*COMMITS)
    assert named(records([*journal[: place - 1], *journal[place:]])) == place


@pytest.mark.parametrize("place", range(1, 6))
def test_two_records_that_changed_places_are_named(place: int) -> None:
    journal = written(*COMMITS)
    journal[place - 1 : place + 1] = journal[place], journal[place - 1]
    assert named(records(journal)) == place + 1


@pytest.mark.parametrize("place", range(1, 7))
def test_a_record_put_in_before_the_true_one_is_named(place: int) -> None:
    journal = written(*COMMITS)
    forged = entry_after(journal[place - 2] if place > 1 else None, "Forged")
    topic = records([*journal[: place - 1], forged, *journal[place - 1 :]])
    # The entry after it does not follow it; where there is none, it is not the one applied.
    assert named(topic) == min(place + 1, len(journal))


@pytest.mark.parametrize("place", range(1, 7))
def test_a_record_that_comes_again_is_a_repeat_and_no_flaw(place: int) -> None:
    journal = written(*COMMITS)
    assert named(records([*journal[:place], journal[place - 1], *journal[place:]])) is None


def test_a_topic_that_was_cut_is_named() -> None:
    assert named(records(written(*COMMITS)[:4])) == 5
