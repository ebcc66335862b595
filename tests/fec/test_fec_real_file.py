"""The file of a real company: another program wrote it, and we read all of it."""

from pathlib import Path

import pytest

from shared.fec import Dialect, check, read, write

REAL = Path(__file__).parents[3] / "shared/data/fec/111111111FEC20221231.TXT"
pytestmark = pytest.mark.skipif(not REAL.exists(), reason=f"the real file {REAL} isn't here")


def test_all_its_lines_and_entries_are_read() -> None:
    file = read(REAL)
    assert (len(file.lines), len(file.entries)) == (934, 248)
    assert file.separator == "|"
    assert sum(line.cents for line in file.lines) == 0


def test_its_customers_are_all_there() -> None:
    lines = [line for line in read(REAL).lines if line.account.startswith("411")]
    assert len(lines) == 151
    assert len({line.auxiliary for line in lines}) == 34
    assert sum(bool(line.matching_code) for line in lines) == 117


def test_it_is_in_good_order() -> None:
    assert [finding for finding in check(read(REAL)) if finding.severity == "warning"] == []


@pytest.mark.parametrize("dialect", [Dialect(), Dialect("|", "iso-8859-15", "\n")])
def test_it_survives_being_written(dialect: Dialect) -> None:
    lines = read(REAL).lines
    assert read(write(lines, dialect)).lines == lines
