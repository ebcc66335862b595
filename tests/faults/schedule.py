"""Which fault comes when: derived from the seed and nothing else, so that a run can be repeated."""

import math
import random
from collections.abc import Mapping, Sequence

from tests.faults.registry import Fault

_RARE_EVERY = 100  # cycles


def schedule(faults: Mapping[str, Fault], cycles: int, seed: int) -> list[Fault]:
    """Return one fault per cycle: each rare one once in a hundred, the others by turns."""
    chance = random.Random(f"{seed}/schedule")  # noqa: S311 - not a secret
    last = [fault for fault in faults.values() if fault.last][:cycles]
    cycles -= len(last)
    rare = [fault for fault in faults.values() if fault.rare and not fault.last]
    common = [fault for fault in faults.values() if not fault.rare]
    deck = _some(rare, cycles, chance) if common else _turns(rare, cycles, chance)
    deck += _turns(common, cycles - len(deck), chance)
    chance.shuffle(deck)
    return deck + last


def chance_of(seed: int, cycle: int) -> random.Random:
    """Return the chance of one cycle, which does not depend on what came before."""
    return random.Random(f"{seed}/{cycle}")  # noqa: S311 - not a secret


def _some(rare: Sequence[Fault], cycles: int, chance: random.Random) -> list[Fault]:
    """Return every rare fault as often as it is due, but never more than half of all cycles."""
    due = list(rare) * math.ceil(cycles / _RARE_EVERY)
    chance.shuffle(due)
    return due[: cycles // 2]


def _turns(common: Sequence[Fault], count: int, chance: random.Random) -> list[Fault]:
    """Return faults by turns, so that none comes much more often than another."""
    deck: list[Fault] = []
    while common and len(deck) < count:
        deck += chance.sample(list(common), len(common))
    return deck[:count]
