"""If this failed, the page could show figures that nobody measured."""

from pathlib import Path

import pytest

from tests.faults import record
from tests.faults.campaign import Cycle, Outcome


def test_figures_take_the_place_of_earlier_ones_and_leave_the_page_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "reliability.md"
    page.write_text(f"before\n{record.BEGIN}old\n{record.END}after\n")
    monkeypatch.setattr(record, "PAGE", page)
    cycle = Cycle(number=1, fault="kill kafka", started_at=0, recovery_seconds=2.5, acknowledged=7)
    record.record(Outcome(cycles=[cycle]), seed=1, seconds=60)
    text = page.read_text()
    assert text.startswith(f"before\n{record.BEGIN}")
    assert text.endswith(f"{record.END}after\n")
    assert "old" not in text
    assert "| 1 | 0.0 | 2.5 | 2.5 | 7 | 0 | 0 |" in text
    assert "* every promise was kept" in text


def test_the_page_has_a_place_for_figures() -> None:
    text = record.PAGE.read_text("utf-8")
    assert text.index(record.BEGIN) < text.index(record.END)
