"""`python -m tests.simulation`: play many histories, on all cores; say which of them went wrong.

`--seed` is the first seed; the seed of a history that went wrong, with `--histories 1`, plays
it again.
"""

import argparse
import gc
import multiprocessing
import sys
import time
from collections.abc import Sequence

from tests.simulation.history import History, Told

_TOGETHER = 50  # histories that one process plays before it tells how they went
_SHOWN_MAX = 20


def play(seeds: Sequence[int]) -> list[Told]:
    """Play some histories; what they leave behind is collected once, after them."""
    gc.disable()
    told = [History(seed).told() for seed in seeds]
    gc.collect()
    return told


def main() -> None:
    """Play histories and print how fast, how many went wrong, and which."""
    options = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    options.add_argument("--histories", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    seeds = range(asked.seed, asked.seed + asked.histories)
    parts = [seeds[start : start + _TOGETHER] for start in range(0, len(seeds), _TOGETHER)]
    wrong: list[Told] = []
    steps = entries = 0
    started = time.perf_counter()
    with multiprocessing.Pool() as pool:
        for part in pool.imap_unordered(play, parts):
            wrong += [told for told in part if told.wrong]
            steps += sum(told.steps for told in part)
            entries += sum(told.entries for told in part)
    minutes = (time.perf_counter() - started) / 60
    print(  # noqa: T201 - it is a command
        f"{asked.histories} histories from seed {asked.seed}: {entries} entries, {steps} steps, "
        f"{asked.histories / minutes:,.0f} histories a minute; {len(wrong)} went wrong"
    )
    for told in sorted(wrong, key=lambda told: told.seed)[:_SHOWN_MAX]:
        print(f"  seed {told.seed}, after {told.steps} steps: {told.wrong}")  # noqa: T201
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
