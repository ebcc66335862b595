"""If these failed, an export or an import could take all memory and be called constant."""

import os

from bench.memory import Peak, peak_mb

MEGABYTE = 2**20


def test_what_was_taken_and_given_back_is_in_the_peak() -> None:
    peak = Peak(os.getpid())
    assert peak.mb_more() < 20
    taken = b"x" * (64 * MEGABYTE)
    del taken
    assert 60 < peak.mb_more() < 80
    assert peak_mb() > 64
