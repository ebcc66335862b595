"""If this failed, the import would be measured on a file that no accountant would hand over."""

from pathlib import Path

from bench.books_file import write_books
from cli.takeover.plan import contradictions, plan
from shared.fec import check, read


def test_the_books_to_import_are_a_clean_file_whose_plan_agrees_with_it(tmp_path: Path) -> None:
    path = tmp_path / "123456789FEC20251231.txt"
    assert write_books(path, 500) == 500
    fec = read(path)
    assert not check(fec)
    made = plan(fec)
    assert not contradictions(made)
