"""Writing a FEC: lines in, bytes out, in the form the tax office asks for.

Columns have the official names and order, amounts a decimal comma, dates AAAAMMJJ. A label can
never break the file: separators, line ends and control characters in it become spaces.
Source: LPF art. A47 A-1, V to VII and X (the file's name).
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from shared.fec.columns import OFFICIAL
from shared.fec.model import Line
from shared.fec.rows import Zones
from shared.fec.values import amount_text, date_text

CHUNK_LINES = 1_000
_FORBIDDEN = re.compile(r"[\t|\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SIREN = re.compile(r"[0-9]{9}")
_PLAIN = str.maketrans(  # quotes, dashes and dots of typography, absent from ISO 8859-15
    {0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0x2013: "-", 0x2014: "-", 0x2026: "..."}
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """The free choices of the format; the defaults are what most software expects."""

    separator: Literal["\t", "|"] = "\t"
    encoding: Literal["utf-8", "iso-8859-15"] = "utf-8"
    line_end: Literal["\r\n", "\n"] = "\r\n"

    def row(self, zones: Iterable[str]) -> str:
        """Join zones, each of them cleaned, to a row."""
        return self.separator.join(zones)

    def encoded(self, rows: Iterable[str]) -> bytes:
        """Encode rows, replacing what ISO 8859-15 lacks by its nearest plain letters."""
        text = self.line_end.join((*rows, ""))
        if self.encoding == "utf-8":
            return text.encode("utf-8")
        try:
            return text.encode(self.encoding)
        except UnicodeEncodeError:
            return "".join(map(_latin, text.translate(_PLAIN))).encode(self.encoding)


DEFAULT = Dialect()


def write(lines: Iterable[Line], dialect: Dialect = DEFAULT) -> bytes:
    """Write a whole file. The same lines give the same bytes; `Line.number` isn't used."""
    return b"".join(chunks(lines, dialect))


def chunks(lines: Iterable[Line], dialect: Dialect = DEFAULT) -> Iterator[bytes]:
    """Write a file piece by piece, so that a large one needn't fit in memory."""
    texts = Zones(cleaned)
    rows = [dialect.row(OFFICIAL)]
    for line in lines:
        rows.append(dialect.row(_zones(line, texts)))
        if len(rows) >= CHUNK_LINES:
            yield dialect.encoded(rows)
            rows = []
    if rows:
        yield dialect.encoded(rows)


def file_name(siren: str, closing_on: date, part: int | None = None) -> str:
    """Name a file as the law does: SIREN, `FEC`, the closing date of the fiscal year.

    A file sent in parts has their number as a suffix. Source: LPF art. A47 A-1, X.

    >>> file_name("123456789", date(2025, 12, 31))
    '123456789FEC20251231.txt'
    >>> file_name("123456789", date(2025, 12, 31), part=2)
    '123456789FEC20251231_2.txt'
    """
    if not _SIREN.fullmatch(siren):
        raise ValueError(f"a SIREN is nine digits, not {siren!r}")
    suffix = "" if part is None else f"_{part}"
    return f"{siren}FEC{date_text(closing_on)}{suffix}.txt"


def cleaned(text: str) -> str:
    r"""Return a text that can stand in a zone: no separator, no line end, no padding.

    >>> cleaned("  Vente\tdu | 3\r\n")
    'Vente du   3'
    """
    if text.isprintable() and "|" not in text:  # so are nearly all, and this is quicker
        return text.strip()
    return _FORBIDDEN.sub(" ", text).strip()


def _zones(line: Line, texts: Zones[str]) -> tuple[str, ...]:
    """Return the 18 zones of a line as text; `texts` remembers those already cleaned."""
    amount = line.currency_amount
    return (
        texts[line.journal_code],
        texts[line.journal_label],
        texts[line.entry_number],
        date_text(line.booked_on),
        texts[line.account],
        texts[line.account_label],
        texts[line.auxiliary],
        texts[line.auxiliary_label],
        texts[line.voucher],
        date_text(line.voucher_on),
        texts[line.label],
        amount_text(line.debit_cents),
        amount_text(line.credit_cents),
        texts[line.matching_code],
        date_text(line.matched_on),
        date_text(line.validated_on),
        "" if amount is None else f"{amount:f}".replace(".", ","),
        texts[line.currency],
    )


def _latin(character: str) -> str:
    """Return a character as ISO 8859-15 can write it: itself, its base letter, or `?`."""
    try:
        character.encode("iso-8859-15")
    except UnicodeEncodeError:
        base = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
        return base or "?"
    return character
