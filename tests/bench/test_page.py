"""If these failed, the documentation could show figures that nobody measured."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench import page
from bench.__main__ import RESULTS
from bench.case import PAYMENTS, Case, Goal, Sample, Trial
from bench.results import Result, kept


def never() -> Sample:
    raise AssertionError


def record(value: float) -> dict[str, Any]:
    case = Case(
        name="x", what="x", unit=PAYMENTS, goal=Goal(at_least=10), start=lambda _: Trial(ours=never)
    )
    ours = [Sample(value=value + n, rate=value, count=1, p50_ms=1.5, p99_ms=20) for n in (-1, 0, 2)]
    limit = [Sample(value=4_000, rate=4_000, count=1)] * 3
    failed = Result(case, failure="RuntimeError: no room")
    machine = {"date": "2026-11-26T22:39:52", "seconds": 120, "cores": 2, "steal_share": 0.001}
    cases = [Result(case, ours, limit).plain(), failed.plain()]
    return {"machine": machine, "cases": cases}


def test_the_page_shows_the_last_record_and_is_else_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = tmp_path / "performance.md"
    shown.write_text(f"before\n{page.BEGIN}old\n{page.END}after\n")
    monkeypatch.setattr(page, "PAGE", shown)
    page.write(record(7))
    page.write(record(1_000))
    text = shown.read_text()
    assert text.startswith(f"before\n{page.BEGIN}`make bench`, 2026-11-26, 2 minutes, 2 cores")
    assert text.endswith(f"{page.END}after\n")
    assert "old" not in text
    row = "| `x` | payments/s | 1,000 (999 to 1,002) | 1.5, 20.0 |  | 4,000 | 25% | ≥ 10 | yes |\n"
    assert text.count("| `x` |") == 2
    assert row in text
    assert "|  | failed: RuntimeError: no room | **no** |\n" in text


def test_a_case_measured_apart_takes_its_place_and_says_its_day() -> None:
    whole = record(7)
    apart: dict[str, Any] = {"machine": {"date": "2026-11-27", "cpu": "x86"}, "cases": []}
    assert kept(whole, apart) == whole
    both = kept(whole, {**apart, "cases": [{"name": "x", "ours": 9}, {"name": "y", "ours": 1}]})
    days = {(case["name"], case.get("measured_on")) for case in both["cases"]}
    assert {("x", "2026-11-27"), ("y", "2026-11-27")} <= days
    assert both["machine"] == whole["machine"]
    apart["cases"] = record(9)["cases"][:1]
    assert "| `x` (2026-11-27) | payments/s | 9 " in page.figures(kept(whole, apart))


def test_the_figures_of_the_page_are_those_of_the_record() -> None:
    kept = json.loads((RESULTS / "latest.json").read_bytes())
    text = page.PAGE.read_text("utf-8")
    assert f"{page.BEGIN}{page.figures(kept)}{page.END}" in text


@pytest.mark.feature("S2-22")
def test_a_million_invoices_are_listed_by_customer_and_by_part_of_a_number_within_300_ms() -> None:
    """Measured in `make bench`; the record is kept, and what misses its goal would show here."""
    record = json.loads((RESULTS / "latest.json").read_bytes())
    for name in ("list-documents-customer", "list-documents-number"):
        (case,) = (case for case in record["cases"] if case["name"] == name)
        assert case["unit"] == "ms (p95)"
        assert case["met"]
        rounds = sorted(round_["value"] for round_ in case["rounds"]["ours"])
        assert rounds[-2] <= 300, "more than the one round that found the index cold"
