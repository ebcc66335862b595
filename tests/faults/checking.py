"""What is wrong with the books, held against what a client asked and what was acknowledged.

Plain functions over plain values, so that a test can show each of them fail.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from shared.events.invoicing import DocumentValidated
from shared.events.payments import PaymentRecorded, PaymentReversed
from shared.seal import Entry
from tests.faults.notebook import Answer, Name

Wrong: TypeAlias = Literal["lost", "doubled", "unasked", "renumbered", "disordered"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: of which kind, and what it is about."""

    wrong: Wrong
    name: Name | None
    sentence: str


@dataclass(slots=True)
class Recorded:
    """What the journals of one ledger say: names with their numbers, positions in order."""

    made: list[tuple[Name, str]] = field(default_factory=list)
    positions: dict[str, list[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "Recorded":
        found = cls()
        for entry in entries:
            found.positions.setdefault(entry.service, []).append(entry.position)
            fact = entry.fact
            if isinstance(fact, PaymentRecorded):
                found.made.append((Name("payment", str(fact.payment_id)), fact.number))
            elif isinstance(fact, PaymentReversed):
                found.made.append((Name("reversal", str(fact.payment_id)), ""))
            elif isinstance(fact, DocumentValidated):
                found.made.append((Name("invoice", str(fact.document_id)), fact.number))
        return found


def findings(asked: Iterable[Name], answers: Sequence[Answer], recorded: Recorded) -> list[Finding]:
    """Return everything that is wrong; nothing is what every fault must leave behind."""
    times = Counter(name for name, _ in recorded.made)
    return [
        *_lost(answers, times),
        *_doubled(recorded.made, times),
        *(
            Finding("unasked", name, f"{name.kind} {name.id} was recorded and never asked for")
            for name in times.keys() - set(asked)
        ),
        *_renumbered(answers, dict(recorded.made)),
        *_disordered(recorded.positions),
    ]


def _lost(answers: Sequence[Answer], times: Mapping[Name, int]) -> Iterator[Finding]:
    for answer in answers:
        if answer.name not in times:
            sentence = f"{answer.kind} {answer.id} was acknowledged and is in no journal"
            yield Finding("lost", answer.name, sentence)


def _doubled(made: Sequence[tuple[Name, str]], times: Mapping[Name, int]) -> Iterator[Finding]:
    for name, count in times.items():
        if count > 1:
            yield Finding("doubled", name, f"{name.kind} {name.id} was recorded {count} times")
    numbers = Counter((name.kind, number) for name, number in made if number)
    for name, number in made:
        if number and times[name] == 1 and numbers[name.kind, number] > 1:
            yield Finding("doubled", name, f"{name.kind} {name.id} shares number {number}")


def _renumbered(answers: Sequence[Answer], numbers: Mapping[Name, str]) -> Iterator[Finding]:
    for answer in answers:
        number = numbers.get(answer.name)
        if number and number != answer.number:
            sentence = f"{answer.id} was acknowledged as {answer.number} and is {number}"
            yield Finding("renumbered", answer.name, sentence)


def _disordered(positions: Mapping[str, Sequence[int]]) -> Iterator[Finding]:
    for service, found in positions.items():
        for expected, position in enumerate(found, 1):
            if position != expected:
                sentence = f"{service}: position {position} where {expected} was due"
                yield Finding("disordered", None, sentence)
                break
