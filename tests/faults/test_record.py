"""If this failed, the page could show figures that nobody measured."""

from pathlib import Path

import pytest

from tests.faults import record
from tests.faults.campaign import Cycle, Outcome


def test_the_page_shows_every_campaign_that_is_kept_and_is_else_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "reliability.md"
    page.write_text(f"before\n{record.BEGIN}old\n{record.END}after\n")
    monkeypatch.setattr(record, "PAGE", page)
    monkeypatch.setattr(record, "KEPT", tmp_path / "faults")

    def campaign(seed: int, recovery_seconds: float) -> str:
        cycle = Cycle(number=1, fault="kill kafka", started_at=0, acknowledged=7)
        cycle.recovery_seconds = recovery_seconds
        outcome = Outcome(cycles=[cycle], payments=7, tables={"payments from kafka": []})
        record.record(outcome, seed=seed, seconds=60)
        return page.read_text()

    campaign(1, 9.5)
    campaign(2, 3.5)
    text = campaign(1, 2.5)  # again, in the place of the first
    assert text.startswith(f"before\n{record.BEGIN}")
    assert text.endswith(f"{record.END}after\n")
    assert "old" not in text
    assert "CYCLES=1 SEED=1`" in text
    assert "CYCLES=1 SEED=2`" in text
    assert "| 2 | 0.0 | 3.0 | 3.5 | 14 | 0 | 0 |" in text
    assert "* 14 payments acknowledged in 2 cycles: none lost" in text
    assert "2 rebuilds compared" in text
    assert "* every promise was kept" in text


def test_the_page_has_a_place_for_figures() -> None:
    text = record.PAGE.read_text("utf-8")
    assert text.index(record.BEGIN) < text.index(record.END)
