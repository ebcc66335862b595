"""If these failed, `make bench` would say that a goal is met which is not, or the other way."""

import json
from pathlib import Path

import pytest

from bench.case import PAYMENTS, Case, Goal, Sample, Trial
from bench.cpu import PARTS
from bench.lab import Effort, caught_up
from bench.plots import draw
from bench.registry import FAMILIES, chosen
from bench.results import Result
from bench.table import table


def sample(value: float, *, p50_ms: float | None = None, peak_mb: float | None = None) -> Sample:
    return Sample(value=value, rate=value, count=1, p50_ms=p50_ms, peak_mb=peak_mb)


def result(goal: Goal | None, ours: list[Sample], limit: list[Sample] | None = None) -> Result:
    case = Case(name="x", what="x", unit=PAYMENTS, goal=goal, start=lambda _lab: Trial(ours=never))
    return Result(case, ours=ours, limit=limit or [])


def never() -> Sample:
    raise AssertionError


@pytest.mark.parametrize(
    ("goal", "ours", "limit", "met"),
    [
        (Goal(at_least=10), [9, 11, 12], [], True),
        (Goal(at_least=10), [9, 9, 12], [], False),
        (Goal(at_most=100), [90, 99, 400], [], True),
        (Goal(at_most=100), [90, 101, 400], [], False),
        (Goal(ratio_at_least=0.6), [6, 60], [10, 100], True),
        (Goal(ratio_at_least=0.6), [5, 50], [10, 100], False),
        (Goal(at_least=10, ratio_at_least=0.6), [20], [100], False),
        (Goal(ratio_at_least=0.6), [20], [], False),
        (Goal(p50_ms_at_most=2), [20], [], False),
    ],
)
def test_a_goal_is_judged_by_medians(
    goal: Goal, ours: list[float], limit: list[float], *, met: bool
) -> None:
    found = result(goal, [sample(v) for v in ours], [sample(v) for v in limit])
    assert found.met is met


def test_the_ratio_is_of_rounds_so_that_what_slows_both_does_not_count() -> None:
    found = result(None, [sample(8), sample(80), sample(4)], [sample(10), sample(100), sample(5)])
    assert found.ratio == pytest.approx(0.8)


def test_a_case_without_a_goal_has_no_verdict() -> None:
    assert result(None, [sample(1)]).met is None


def test_what_failed_meets_no_goal_and_says_why_in_the_table() -> None:
    failed = result(Goal(at_least=1), [sample(2)])
    failed.failure = "RuntimeError: no room"
    assert failed.met is False
    about = {"cpu": "c", "cores": 2, "steal_share": 0.0, "seconds": 1}
    cells = [list(column.cells) for column in table([failed], about).columns]
    assert ["failed: RuntimeError: no room"] in cells


def test_a_result_can_be_written_as_json() -> None:
    cpu = dict.fromkeys(PARTS, 0.1)
    one = Sample(value=2, rate=2, count=1, p50_ms=1, p99_ms=2, cpu=cpu)
    plain = json.loads(json.dumps(result(Goal(at_least=1), [one], [sample(4)]).plain()))
    assert (plain["ours"], plain["limit"], plain["ratio"], plain["met"]) == (2, 4, 0.5, True)
    assert plain["cpu_seconds_per_1000"] == cpu


def test_every_case_has_a_name_of_its_own() -> None:
    names = [case.name for family in FAMILIES for case in family.cases]
    assert len(names) == len(set(names))


def test_cases_are_found_by_name_and_an_unknown_name_is_said() -> None:
    found = chosen(["single-64", "export"], Effort())
    assert [case.name for cases in found.values() for case in cases] == ["single-64", "export"]
    with pytest.raises(KeyError):
        chosen(["single-65"], Effort())


def test_ten_million_entries_are_made_only_when_asked_for() -> None:
    def names(effort: Effort) -> set[str]:
        return {case.name for cases in chosen([], effort).values() for case in cases}

    assert "growth-put-10m" not in names(Effort())
    assert "growth-put-10m" in names(Effort(large=True))
    assert "growth-put-1m" not in names(Effort(quick=True))


def test_a_service_that_has_not_heard_of_another_yet_is_not_caught_up() -> None:
    payments = {"position": 3, "followed": {"invoicing": 2, "reconciliation": 0}}
    invoicing = {"position": 2, "followed": {"payments": 3}}
    assert caught_up({"payments": payments, "invoicing": invoicing})
    invoicing["followed"] = {}
    assert not caught_up({"payments": payments, "invoicing": invoicing})


def test_the_same_record_gives_the_same_plots_byte_for_byte(tmp_path: Path) -> None:
    def single(connections: int) -> dict[str, object]:
        found = result(None, [sample(100.0 * connections, p50_ms=2)], [sample(50)]).plain()
        return found | {"name": f"single-{connections}"}

    record = {"cases": [single(1), single(64)]}
    first = {path.name: path.read_bytes() for path in draw(record, tmp_path / "first")}
    again = {path.name: path.read_bytes() for path in draw(record, tmp_path / "again")}
    assert first == again
    assert {"throughput.svg", "latency.svg"} <= first.keys()
