"""If these failed, money could be in two places, or nowhere, after things nobody thought of."""

import sys
from collections import Counter
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.journeys import any_checks as checks
from tests.journeys.any_books import MemoryBooks
from tests.journeys.any_sequence import PICKS, People
from tests.journeys.any_steps import STEPS, may, play

ACCEPTED: Counter[str] = Counter()


class Sequences(RuleBasedStateMachine):
    """Four services in memory; what is done, and what reaches whom when, is drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.books = MemoryBooks()
        self.people = People(self.books)

    @initialize()
    def open(self) -> None:
        self.people.open()

    @invariant()
    def all_is_right(self) -> None:
        checks.always(self.books)

    def teardown(self) -> None:
        if sys.exception():
            return
        self.books.travel_all()
        checks.always(self.books)
        checks.in_the_end(self.books)


def _rule(step: str) -> Any:
    def played(self: Sequences, pick: list[int]) -> None:
        ACCEPTED[step] += play(self.people, step, pick)

    played.__name__ = step
    return precondition(lambda self: may(self.people, step))(rule(pick=PICKS)(played))


for _step in STEPS:
    setattr(Sequences, _step, _rule(_step))


@pytest.mark.feature("S5-34", "S5-35")
@pytest.mark.parametrize(
    ("examples", "steps"),
    [
        pytest.param(60, 40, id="some"),
        pytest.param(2_000, 60, id="many", marks=pytest.mark.fuzz),
    ],
)
def test_no_sequence_leaves_a_negative_balance_or_a_cent_in_two_places(
    examples: int, steps: int
) -> None:
    ACCEPTED.clear()
    run_state_machine_as_test(
        Sequences, settings=settings(max_examples=examples, stateful_step_count=steps)
    )
    never = [step for step in STEPS if not ACCEPTED[step]]
    assert not never, ACCEPTED
