"""Each way in which a file can be malformed is named: line, column, value, what was expected."""

import pytest

from shared.fec import FecError, MalformedFec, read
from shared.fec.values import (
    AMOUNT_EXPECTED,
    CURRENCY_AMOUNT_EXPECTED,
    DATE_EXPECTED,
)
from tests.fec.fec_text import INCOME, OFFICIAL, SALE, SIDED, fec

NOT_BLANK = "a value: this column may not be blank"
ACCOUNT = "an account whose first three characters are digits, as in 411DUPONT"
POINT = AMOUNT_EXPECTED + ", not a decimal point"
WIDTH = "18 fields, as in the header; no separator inside a label"


def refused(content: bytes) -> tuple[FecError, ...]:
    with pytest.raises(MalformedFec) as refusal:
        read(content)
    return refusal.value.errors


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("JournalCode", "  ", NOT_BLANK),
        ("EcritureNum", "", NOT_BLANK),
        ("EcritureDate", "", DATE_EXPECTED),
        ("EcritureDate", "20250229", DATE_EXPECTED),
        ("EcritureDate", "15/01/2025", DATE_EXPECTED),
        ("EcritureDate", "2025-01-15", DATE_EXPECTED),
        ("EcritureDate", "202501", DATE_EXPECTED),
        ("EcritureDate", "00000000", DATE_EXPECTED),
        ("EcritureDate", "２０２５０１１５", DATE_EXPECTED),  # noqa: RUF001 - other digits
        ("PieceDate", "20251301", DATE_EXPECTED),
        ("DateLet", "hier", DATE_EXPECTED),
        ("ValidDate", "20250431", DATE_EXPECTED),
        ("CompteNum", "", ACCOUNT),
        ("CompteNum", "41", ACCOUNT),
        ("CompteNum", "CLIENT", ACCOUNT),
        ("CompteNum", "4A1000", ACCOUNT),
        ("Debit", "120.00", POINT),
        ("Debit", "1 120,00", AMOUNT_EXPECTED),
        ("Debit", "1\u00a0120,00", AMOUNT_EXPECTED),
        ("Debit", "120,001", AMOUNT_EXPECTED),
        ("Debit", "-120,00-", AMOUNT_EXPECTED),
        ("Debit", "--120,00", AMOUNT_EXPECTED),
        ("Debit", "12,0,0", AMOUNT_EXPECTED),
        ("Debit", ",", AMOUNT_EXPECTED),
        ("Debit", "120€", AMOUNT_EXPECTED),
        ("Debit", "1E2", AMOUNT_EXPECTED),
        ("Debit", "10000000000000,00", AMOUNT_EXPECTED),
        ("Debit", "9" * 5000, AMOUNT_EXPECTED),
        ("Credit", "abc", AMOUNT_EXPECTED),
        ("Montantdevise", "10.5", CURRENCY_AMOUNT_EXPECTED + ", not a decimal point"),
    ],
)
def test_a_bad_zone_is_named(column: str, value: str, expected: str) -> None:
    errors = refused(fec(SALE, INCOME, SALE | {column: value}, INCOME))
    assert errors == (FecError(4, column, value, expected),)


def test_a_line_is_a_debit_or_a_credit_not_both() -> None:
    (error,) = refused(fec(SALE | {"Credit": "5,00"}, INCOME))
    assert error == FecError(
        2, "Credit", "Debit 120,00, Credit 5,00", "a debit or a credit, not both"
    )


@pytest.mark.parametrize("side", ["", "X", "2", "debit"])
def test_a_side_is_d_or_c(side: str) -> None:
    rows = (SALE | {"Montant": "120,00", "Sens": side}, INCOME | {"Montant": "1,00", "Sens": "C"})
    errors = refused(fec(*rows, names=SIDED))
    assert errors == (FecError(2, "Sens", side, "D or C, or +1 or -1"),)


def test_a_bad_amount_before_a_side_is_named_as_it_is() -> None:
    rows = (SALE | {"Montant": "120.00", "Sens": "D"}, INCOME | {"Montant": "1,00", "Sens": "C"})
    errors = refused(fec(*rows, names=SIDED))
    assert errors == (FecError(2, "Montant", "120.00", POINT),)


def test_a_bad_amount_and_a_blank_side_are_both_named() -> None:
    errors = refused(fec(SALE | {"Montant": "120.00", "Sens": ""}, names=SIDED))
    assert [error.column for error in errors] == ["Montant", "Sens"]


def test_a_treasury_date_is_checked_too() -> None:
    names = [*OFFICIAL, "DateRglt"]
    errors = refused(fec(SALE | {"DateRglt": "20259999"}, INCOME, names=names))
    assert errors == (FecError(2, "DateRglt", "20259999", DATE_EXPECTED),)


def test_all_bad_zones_of_all_bad_lines_are_named_in_order() -> None:
    worse = INCOME | {"EcritureDate": "x", "CompteNum": "y", "Credit": "z"}
    errors = refused(fec(SALE | {"Debit": "1.0"}, worse, SALE, INCOME))
    assert [(error.line, error.column) for error in errors] == [
        (2, "Debit"),
        (3, "EcritureDate"),
        (3, "CompteNum"),
        (3, "Credit"),
    ]


def test_a_thousand_good_lines_do_not_hide_a_bad_one() -> None:
    rows = [SALE, INCOME] * 1200
    rows[2001] = INCOME | {"PieceDate": "20250001"}
    assert refused(fec(*rows)) == (FecError(2003, "PieceDate", "20250001", DATE_EXPECTED),)


@pytest.mark.parametrize(("row", "count"), [("VE\tVentes\t1", 3), ("a\t" * 18 + "b", 19)])
def test_a_row_of_another_width_is_named(row: str, count: int) -> None:
    errors = refused(fec() + row.encode() + b"\n")
    assert errors == (FecError(4, "row", f"{count} fields", WIDTH),)


def test_an_entry_that_does_not_balance_is_named_with_all_its_lines() -> None:
    (error,) = refused(fec(SALE, INCOME, SALE | {"EcritureNum": "2"}))
    assert (error.line, error.column, error.value) == (4, "EcritureNum", "VE 2")
    assert error.expected == "debits equal to credits; lines 4 debit 120,00, credit 0,00"
    assert error.lines == (4,)


def test_a_swapped_number_unbalances_both_entries() -> None:
    second = {"EcritureNum": "2"}
    rows = (SALE, INCOME, SALE | second | {"Debit": "7,00"}, INCOME | {"Credit": "7,00"})
    errors = refused(fec(*rows))
    assert [(error.value, error.lines) for error in errors] == [("VE 1", (2, 3, 5)), ("VE 2", (4,))]


def test_a_long_unbalanced_entry_lists_its_first_lines() -> None:
    (error,) = refused(fec(*[SALE] * 60))
    assert "39, 40, 41, … debit" in error.expected
    assert len(error.lines) == 60


def test_a_line_that_can_not_be_read_does_not_unbalance_its_entry() -> None:
    errors = refused(fec(SALE | {"Debit": "120.00"}, INCOME))
    assert [(error.line, error.column) for error in errors] == [(2, "Debit")]


def test_an_unbalanced_entry_is_named_beside_bad_lines_of_others() -> None:
    second = {"EcritureNum": "2"}
    errors = refused(fec(SALE | {"Debit": "120.00"}, INCOME, SALE | second, SALE | second))
    assert [(error.line, error.column) for error in errors] == [(2, "Debit"), (4, "EcritureNum")]


@pytest.mark.parametrize("name", OFFICIAL)
def test_a_missing_column_is_named(name: str) -> None:
    errors = refused(fec(names=[other for other in OFFICIAL if other != name]))
    assert [(error.line, error.column, error.expected) for error in errors] == [
        (1, name, f"a column named {name}")
    ]


def test_half_of_the_variant_with_sides_is_named() -> None:
    errors = refused(fec(names=[name for name in SIDED if name != "Sens"]))
    assert [error.column for error in errors] == ["Sens"]


def test_a_column_that_stands_twice_is_named() -> None:
    errors = refused(fec(names=[*OFFICIAL, "DEBIT"]))
    assert [(error.column, error.expected) for error in errors] == [
        ("DEBIT", "each column once, with its name")
    ]


def test_a_column_without_a_name_inside_the_header_is_refused() -> None:
    errors = refused(fec().replace(b"CompteLib", b"", 1))
    assert {error.column for error in errors} == {"CompteLib"}
    nameless = refused(fec().replace(b"JournalLib\t", b"JournalLib\t\t\t", 1))
    assert [error.column for error in nameless] == ["header"]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b"   \r\n"])
def test_an_empty_file_is_refused(content: bytes) -> None:
    (error,) = refused(content)
    assert (error.line, error.column) == (1, "file")


def test_a_header_alone_is_refused() -> None:
    (error,) = refused(fec().splitlines(keepends=True)[0])
    assert error == FecError(2, "file", "", "at least one line after the header")


@pytest.mark.parametrize("separator", [";", ","])
def test_other_separators_are_refused(separator: str) -> None:
    (error,) = refused(fec(separator=separator))
    assert (error.line, error.column) == (1, "header")
    assert error.expected == "column names separated by tabs or by |"


def test_a_file_without_a_header_is_refused() -> None:
    errors = refused(b"".join(fec().splitlines(keepends=True)[1:]))
    assert {error.line for error in errors} == {1}
    assert "EcritureNum" in {error.column for error in errors}


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_utf_16_is_refused(mark: bytes) -> None:
    (error,) = refused(mark + fec())
    assert (error.column, error.value) == ("file", "UTF-16")


def test_a_nul_byte_is_refused_with_its_line() -> None:
    (error,) = refused(fec(SALE, INCOME | {"EcritureLib": "a\0b"}))
    assert (error.line, error.value) == (3, "a NUL byte")


def test_a_byte_that_is_no_utf_8_after_a_byte_order_mark_is_refused_with_its_line() -> None:
    (error,) = refused(b"\xef\xbb\xbf" + fec().replace(b"Facture", b"F\xe9cture"))
    assert (error.line, error.value) == (2, "byte 0xE9")


def test_a_byte_that_is_nothing_in_windows_1252_is_refused() -> None:
    (error,) = refused(fec().replace(b"Facture", b"F\x81cture\xe9"))
    assert (error.line, error.value) == (2, "byte 0x81")
