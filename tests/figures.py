"""Figures that a command measured, on the page of the documentation that shows them."""

from pathlib import Path


def replace_figures(page: Path, begin: str, figures: str, end: str) -> None:
    """Put figures between two marks of a page, in the place of those that were there."""
    before, _, rest = page.read_text("utf-8").partition(begin)
    _, _, after = rest.partition(end)
    page.write_text(before + begin + figures + end + after, "utf-8")
