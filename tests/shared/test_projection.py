"""If these failed, one of two functions for the same fact would be lost without a word."""

from collections.abc import Iterable

import pytest

from shared.decider import Command, Picture
from shared.events.invoicing import NumberingConfigured
from shared.projection import Projection, Reactions
from shared.seal import Entry


def test_a_fact_has_one_function_that_says_what_it_does() -> None:
    projection = Projection()

    def change(_picture: Picture, _entry: Entry, _fact: NumberingConfigured) -> None:
        pass

    projection.on(NumberingConfigured, lambda _: ())(change)
    with pytest.raises(TypeError):
        projection.on(NumberingConfigured, lambda _: ())(change)


def test_a_fact_has_one_reaction() -> None:
    reactions = Reactions()

    def react(_entry: Entry, _fact: NumberingConfigured) -> Iterable[Command]:
        return ()

    reactions.on(NumberingConfigured)(react)
    with pytest.raises(TypeError):
        reactions.on(NumberingConfigured)(react)
