"""What we write is what we read, and what the tax office asks for."""
# ruff: noqa: RUF001 - typographic quotes and dashes are what is tested

from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.fec import Dialect, Line, chunks, file_name, read, write
from shared.fec.values import amount_text, cents, currency_amount, date_text
from shared.fec.writer import CHUNK_LINES, cleaned
from tests.fec.fec_text import INCOME, OFFICIAL, SALE, fec

# Letters whose ISO 8859-15 bytes can never be mistaken for UTF-8, whatever their order.
ALPHABET = "AZaz09 éèàçùê!\"#%&'()*+,-./:;<=>?@[]^_{}~"
TEXTS = st.text(ALPHABET, max_size=12).map(str.strip)
FILLED = TEXTS.filter(bool)
DAYS = st.dates(date(1900, 1, 1), date(2999, 12, 31))
DIALECTS = st.builds(
    Dialect,
    separator=st.sampled_from(["\t", "|"]),
    encoding=st.sampled_from(["utf-8", "iso-8859-15"]),
    line_end=st.sampled_from(["\r\n", "\n"]),
)


@st.composite
def entries(draw: st.DrawFn) -> list[Line]:
    """Return the lines of a few entries that balance, each number used in one journal."""
    found: list[Line] = []
    for number in range(draw(st.integers(1, 3))):
        amounts = draw(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=3))
        day, journal = draw(DAYS), draw(FILLED)
        for amount in (*amounts, -sum(amounts)):
            found.append(_line(draw, len(found) + 2, (journal, f"N{number}", day), amount))
    return found


def _line(draw: st.DrawFn, number: int, entry: tuple[str, str, date], amount: int) -> Line:
    as_debit = draw(st.booleans())
    return Line(
        number,
        entry[0],
        draw(TEXTS),
        entry[1],
        entry[2],
        draw(st.sampled_from(["411", "411000", "411DUPONT", "44571200", "512 A"])),
        draw(TEXTS),
        draw(TEXTS),
        draw(TEXTS),
        draw(TEXTS),
        draw(st.none() | DAYS),
        draw(TEXTS),
        amount if as_debit else 0,
        0 if as_debit else -amount,
        draw(TEXTS),
        draw(st.none() | DAYS),
        draw(st.none() | DAYS),
        draw(st.none() | st.decimals(-(10**9), 10**9, places=3)),
        draw(TEXTS),
    )


@given(entries(), DIALECTS)
def test_what_is_written_is_read_back_unchanged(lines: list[Line], dialect: Dialect) -> None:
    assert list(read(write(lines, dialect)).lines) == lines


@given(entries())
def test_writing_what_was_read_gives_the_same_bytes(lines: list[Line]) -> None:
    content = write(lines)
    assert write(read(content).lines) == content


@given(st.integers(1 - 10**15, 10**15 - 1))
def test_cents_survive_their_text(amount: int) -> None:
    assert cents(amount_text(amount)) == amount


@given(st.dates())
def test_dates_have_eight_digits(day: date) -> None:
    assert len(date_text(day)) == 8


def test_the_default_file_is_what_most_software_expects() -> None:
    content = write(read(fec(SALE, INCOME)).lines)
    assert content == fec(SALE, INCOME, end="\r\n")
    assert content.startswith("\t".join(OFFICIAL).encode())


@pytest.mark.parametrize("nasty", ["a\tb", "a|b", "a\r\nb", "a\nb", "a\x00b", "a\x85b", "a\u2028b"])
def test_a_label_can_not_break_the_file(nasty: str) -> None:
    lines = [line._replace(label=nasty, voucher=nasty) for line in read(fec()).lines]
    for dialect in (Dialect(), Dialect(separator="|", encoding="iso-8859-15")):
        assert {line.label for line in read(write(lines, dialect)).lines} == {"a b"}


def test_what_iso_8859_15_lacks_becomes_plain_letters() -> None:
    lines = [line._replace(label="L’été – Škoda “ok” … Łódź ș 漢 €") for line in read(fec()).lines]
    found = read(write(lines, Dialect(encoding="iso-8859-15"))).lines[0]
    assert found.label == 'L\'été - Škoda "ok" ... ?ódz s ? €'


def test_a_large_file_comes_in_pieces_that_join_to_the_whole() -> None:
    lines = read(fec()).lines * CHUNK_LINES
    pieces = list(chunks(lines))
    assert len(pieces) == 3
    assert b"".join(pieces) == write(lines)
    assert Counter(piece.count(b"JournalCode") for piece in pieces) == {1: 1, 0: 2}


def test_no_lines_give_a_header_alone() -> None:
    assert write([]) == ("\t".join(OFFICIAL) + "\r\n").encode()


def test_a_file_is_named_after_the_siren_and_the_closing_date() -> None:
    assert file_name("123456789", date(2025, 12, 31)) == "123456789FEC20251231.txt"
    assert file_name("123456789", date(2025, 12, 31), part=2) == "123456789FEC20251231_2.txt"


@pytest.mark.parametrize("siren", ["12345678", "1234567890", "12345678A", ""])
def test_a_file_is_not_named_after_anything_else(siren: str) -> None:
    with pytest.raises(ValueError, match="nine digits"):
        file_name(siren, date(2025, 12, 31))


def test_amounts_in_a_currency_keep_their_decimals() -> None:
    assert currency_amount("12,340") == Decimal("12.340")
    lines = [line._replace(currency_amount=Decimal("1E+3")) for line in read(fec()).lines]
    assert read(write(lines)).lines[0].currency_amount == 1000


def test_cleaning_leaves_good_text_alone() -> None:
    assert cleaned("Vente n° 3 – Œuvre") == "Vente n° 3 – Œuvre"


def test_a_dialect_can_be_varied() -> None:
    assert replace(Dialect(), separator="|") == Dialect(separator="|")
