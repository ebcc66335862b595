"""What would be lost if these failed: a flaw would be forgotten, or reported without end."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.archive.domain.finding import Finding, RecordFinding
from services.archive.projections import PROJECTION
from shared.checking import Flaw
from shared.decider import Picture
from shared.events import Event
from shared.events.archive import FoundIn, IntegrityFlawDetected
from shared.seal import Context, Entry

FLAW = Flaw("payments", "demo", 42, "altered", "the sealed bytes don't have the stored hash")
RECORD = RecordFinding(found_in="journal", flaw=FLAW)
RECORDED = IntegrityFlawDetected(
    service="payments", position=42, flaw="altered", detail=FLAW.detail, found_in="journal"
)


def decided(command: RecordFinding, *given: IntegrityFlawDetected) -> list[Event]:
    """Decide a command after some facts."""
    picture = Picture("demo")
    picture.load([*command.needs(picture)], [])
    for position, fact in enumerate(given, start=1):
        picture.load(PROJECTION.needs(fact), [])
        PROJECTION.apply(
            picture,
            Entry(
                service="archive",
                ledger="demo",
                position=position,
                entry_id=UUID(int=position),
                recorded_at=datetime(2025, 8, 18, tzinfo=UTC),
                context=Context("anna", UUID(int=7)),
                fact=fact,
            ),
        )
    return command.decide(picture)


def test_a_flaw_is_recorded() -> None:
    assert decided(RECORD) == [RECORDED]


def test_the_same_flaw_is_recorded_once() -> None:
    assert decided(RECORD, RECORDED) == []


def test_the_same_flaw_in_other_words_is_the_same_flaw() -> None:
    reworded = RecordFinding(found_in="journal", flaw=replace(FLAW, detail="it is broken"))
    assert decided(reworded, RECORDED) == []


@pytest.mark.parametrize(
    ("found_in", "change"),
    [
        ("copy", {}),
        ("journal", {"service": "invoicing"}),
        ("journal", {"position": 41}),
        ("journal", {"flaw": "cut"}),
    ],
)
def test_another_flaw_is_another_fact(found_in: FoundIn, change: dict[str, str | int]) -> None:
    other = RecordFinding(found_in=found_in, flaw=replace(FLAW, **change))  # type: ignore[arg-type] # one field of any type
    assert len(decided(other, RECORDED)) == 1


def test_what_is_on_record_says_what_was_found_and_where() -> None:
    picture = Picture("demo")
    picture.load(RECORD.needs(picture), [])
    PROJECTION.apply(
        picture,
        Entry(
            service="archive",
            ledger="demo",
            position=9,
            entry_id=UUID(int=1),
            recorded_at=datetime(2025, 8, 18, tzinfo=UTC),
            context=Context("anna", UUID(int=7)),
            fact=RECORDED,
        ),
    )
    assert picture.find(Finding, RECORD.name) == Finding(
        ledger="demo",
        name="journal/payments/42/altered",
        found_in="journal",
        service="payments",
        flawed_position=42,
        flaw="altered",
        detail=FLAW.detail,
        position=9,
    )
