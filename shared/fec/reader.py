"""Reading a FEC: bytes in, a `Fec` out, or one refusal that names every bad line.

A file is taken whole or not at all: half a company's books are worth nothing. A line that can't
be read doesn't also make its entry unbalanced; that would name good lines as bad.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.fec.columns import Layout, layout_of
from shared.fec.decoding import decode, rows_of
from shared.fec.entries import group, unbalanced
from shared.fec.model import Entry, Fec, FecError, Finding, Line, MalformedFec
from shared.fec.rows import Rows
from shared.fec.values import ZERO_DATE, BadValue

BLOCK_ROWS = 1_000


def read(source: bytes | Path) -> Fec:
    """Read a whole file; raise `MalformedFec`, naming every bad line, if any line is bad.

    Accepted: tab or `|`, with or without one at the end of the row; ASCII, UTF-8 with or
    without a byte-order mark, ISO 8859-15, and windows-1252 with a notice; CR, LF or CRLF; the
    18 columns in any order and case; Debit and Credit, or Montant and Sens; columns 19 to 22;
    padded zones; blank rows. Time and memory grow with the file, no faster.
    """
    text, encoding = decode(source.read_bytes() if isinstance(source, Path) else source)
    table = rows_of(text)
    header = next((place for place, row in enumerate(table) if row.strip()), None)
    if header is None:
        raise MalformedFec([FecError(1, "file", "", "a header and lines; the file is empty")])
    layout = layout_of(table[header], line=header + 1)
    if not isinstance(layout, Layout):
        raise MalformedFec(layout)
    rows = Rows(layout)
    with collector_paused():
        lines, errors = _lines(rows, table, start=header + 1)
        entries, numbers_count_lines = group(lines)
    broken = {key for error in errors for key in _suspects(rows, table, error.line - 1)}
    errors += _unbalanced(entries, broken)
    if errors:
        raise MalformedFec(errors)
    notices = _notices(encoding=encoding, rows=rows, numbers_count_lines=numbers_count_lines)
    return Fec(tuple(lines), tuple(entries), encoding, layout.separator, tuple(notices))


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keep the garbage collector from walking, again and again, lines that all stay alive.

    It takes a third of the time otherwise. Reading makes no cycles, so nothing is lost by it.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _lines(rows: Rows, table: list[str], *, start: int) -> tuple[list[Line], list[FecError]]:
    """Read every row after the header; collect what is wrong rather than stop at it."""
    lines: list[Line] = []
    errors: list[FecError] = []
    filled = [(row, number) for number, row in enumerate(table[start:], start + 1) if row.strip()]
    for first in range(0, len(filled), BLOCK_ROWS):
        block = filled[first : first + BLOCK_ROWS]
        try:
            lines += rows.lines([row for row, _ in block], [number for _, number in block])
        except BadValue:
            for row, number in block:
                _one_by_one(rows, row, number, lines=lines, errors=errors)
    if not lines and not errors:
        errors.append(FecError(start + 1, "file", "", "at least one line after the header"))
    return lines, errors


def _one_by_one(
    rows: Rows, row: str, number: int, *, lines: list[Line], errors: list[FecError]
) -> None:
    """Read one row of a block in which some row is bad; a row of separators alone is blank."""
    try:
        lines += rows.lines([row], [number])
    except BadValue:
        if row.replace(rows.layout.separator, "").strip():
            errors.extend(rows.faults(row, number))


def _suspects(rows: Rows, table: list[str], place: int) -> Iterator[tuple[str, str]]:
    """Return the entries that a row which couldn't be read may be missing from.

    Its own; and those of the rows around it, when its fields are so wrong that it can't say.
    """
    named = rows.entry_named_by(table[place])
    yield named
    if not all(named) or not rows.has_its_width(table[place]):
        yield from (rows.entry_named_by(row) for row in table[max(place - 1, 0) : place + 2])


def _unbalanced(entries: list[Entry], broken: set[tuple[str, str]]) -> list[FecError]:
    """Return an error per unbalanced entry, but for those with a line that couldn't be read."""
    found = (
        unbalanced(entry) for entry in entries if (entry.journal_code, entry.number) not in broken
    )
    return [error for error in found if error is not None]


def _notices(*, encoding: str, rows: Rows, numbers_count_lines: bool) -> Iterator[Finding]:
    """Say what was tolerated, so that nobody finds it out later."""
    layout = rows.layout
    if encoding == "windows-1252":
        yield Finding(
            "encoding-windows-1252",
            "warning",
            "read as windows-1252: the law allows ASCII, ISO 8859-15 and UTF-8",
        )
    if not layout.in_legal_order:
        yield Finding("column-order", "warning", "the columns aren't in the order of the law")
    if layout.unknown:
        yield Finding("unknown-columns", "notice", f"not read: {', '.join(layout.unknown)}")
    if any(zone.strip() == ZERO_DATE for zone in rows.memory.optional_dates):
        yield Finding("zero-dates", "warning", "dates written 00000000 were read as blank")
    if numbers_count_lines:
        yield Finding(
            "numbers-count-lines",
            "warning",
            "EcritureNum counts lines: entries were put together by journal, date and voucher",
        )
