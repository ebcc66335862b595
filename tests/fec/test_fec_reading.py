"""What a FEC may look like and still be read right."""
# ruff: noqa: RUF001 - typographic quotes and dashes are what is tested

from datetime import date
from decimal import Decimal

import pytest

from shared.fec import Fec, MalformedFec, check, read
from tests.fec.fec_text import INCOME, OFFICIAL, SALE, SIDED, fec


def rules(file: Fec) -> set[str]:
    return {finding.rule for finding in file.notices}


def test_a_line_is_read_zone_by_zone() -> None:
    matched = {"EcritureLet": "AA", "DateLet": "20250201"}
    foreign = {"Montantdevise": "-130,455", "Idevise": "USD"}
    line = read(fec(SALE | matched | foreign, INCOME)).lines[0]
    assert line.number == 2
    assert (line.journal_code, line.journal_label, line.entry_number) == ("VE", "Ventes", "1")
    assert line.booked_on == line.voucher_on == date(2025, 1, 15)
    assert (line.account, line.account_label) == ("411000", "Clients")
    assert (line.auxiliary, line.auxiliary_label) == ("DUPONT", "Dupont")
    assert (line.voucher, line.label) == ("FA1", "Facture 1")
    assert (line.debit_cents, line.credit_cents, line.cents) == (12000, 0, 12000)
    assert (line.matching_code, line.matched_on) == ("AA", date(2025, 2, 1))
    assert line.validated_on == date(2025, 1, 31)
    assert (line.currency_amount, line.currency) == (Decimal("-130.455"), "USD")
    assert line.treasury is None


@pytest.mark.parametrize("separator", ["\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends_are_detected(separator: str, end: str) -> None:
    plain = read(fec())
    other = read(fec(separator=separator, end=end))
    assert other.lines == plain.lines
    assert other.separator == separator


@pytest.mark.parametrize("end", ["\t\n", "\t\t \n"])
def test_separators_at_the_end_of_a_row_are_no_columns(end: str) -> None:
    assert read(fec(end=end)).lines == read(fec()).lines


def test_a_header_without_its_trailing_separator_goes_with_rows_that_have_one() -> None:
    header, *rows = fec().decode().splitlines()
    assert (
        read("\n".join([header, *(row + "\t" for row in rows)]).encode()).lines == read(fec()).lines
    )


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("iso-8859-15", "iso-8859-15"),
    ],
)
def test_the_encodings_of_the_law_are_detected(encoding: str, found: str) -> None:
    text = fec(SALE | {"CompAuxLib": "Élodie Œuvré €"}, INCOME).decode()
    file = read(text.encode(encoding))
    assert file.lines[0].auxiliary_label == "Élodie Œuvré €"
    assert file.encoding == found
    assert "encoding-windows-1252" not in rules(file)


def test_ascii_is_ascii() -> None:
    assert read(fec()).encoding == "ascii"


def test_windows_1252_is_read_with_a_warning() -> None:
    text = fec(SALE | {"CompAuxLib": "L’Atelier – Œuvres"}, INCOME).decode()
    file = read(text.encode("windows-1252"))
    assert file.lines[0].auxiliary_label == "L’Atelier – Œuvres"
    assert rules(file) == {"encoding-windows-1252"}


def test_headers_are_read_in_any_case() -> None:
    names = [name.swapcase() for name in OFFICIAL]
    lower = [{key.swapcase(): zone for key, zone in row.items()} for row in (SALE, INCOME)]
    file = read(fec(*lower, names=names))
    assert file.lines == read(fec()).lines
    assert read(fec().replace(b"Montantdevise", b"MontantDevise")).lines == file.lines


def test_columns_in_another_order_are_found_by_name_with_a_warning() -> None:
    file = read(fec(names=list(reversed(OFFICIAL))))
    assert file.lines == read(fec()).lines
    assert rules(file) == {"column-order"}


@pytest.mark.parametrize(("debit", "credit"), [("D", "C"), ("+1", "-1"), ("1", "-1"), ("d", "c")])
def test_an_amount_and_a_side_are_a_debit_or_a_credit(debit: str, credit: str) -> None:
    rows = (
        SALE | {"Montant": "120,00", "Sens": debit},
        INCOME | {"Montant": "120,00", "Sens": credit},
        SALE | {"Montant": "0,00", "Sens": ""},
    )
    lines = read(fec(*rows, names=SIDED)).lines
    assert [(line.debit_cents, line.credit_cents) for line in lines] == [
        (12000, 0),
        (0, 12000),
        (0, 0),
    ]


@pytest.mark.parametrize(
    ("zone", "cents"),
    [
        ("120,00", 12000),
        ("0000000120,00", 12000),
        ("   120,00  ", 12000),
        ("120", 12000),
        ("120,", 12000),
        ("120,0", 12000),
        ("120,000", 12000),
        ("+120,00", 12000),
        ("120,00+", 12000),
        ("-120,00", -12000),
        ("120,00-", -12000),
        ("- 120,00", -12000),
        (",50", 50),
        ("-,5", -50),
        ("9999999999999,99", 999999999999999),
        ("", 0),
        ("   ", 0),
    ],
)
def test_amounts_are_read_to_the_cent(zone: str, cents: int) -> None:
    file = read(fec(SALE | {"Debit": zone}, INCOME | {"Credit": zone}))
    assert file.lines[0].debit_cents == file.lines[1].credit_cents == cents


def test_rows_that_are_blank_are_skipped_but_counted() -> None:
    header, sale, income = fec().decode().splitlines()
    blank = "\t" * 17
    file = read(f"{header}\n\n{sale}\n{blank}\n   \n{income}\n\x1a".encode())
    assert [line.number for line in file.lines] == [3, 6]


def test_treasury_columns_are_read() -> None:
    names = [*OFFICIAL, "DateRglt", "ModeRglt", "NatOp", "IdClient"]
    paid = {"DateRglt": "20250120", "ModeRglt": "CHQ", "NatOp": "HONO", "IdClient": "7"}
    line = read(fec(SALE | paid, INCOME, names=names)).lines[0]
    assert line.treasury == (date(2025, 1, 20), "CHQ", "HONO", "7")


def test_some_treasury_columns_are_enough() -> None:
    line = read(fec(SALE | {"ModeRglt": "VIR"}, INCOME, names=[*OFFICIAL, "ModeRglt"])).lines[0]
    assert line.treasury == (None, "VIR", "", "")


def test_unknown_columns_are_left_alone_with_a_notice() -> None:
    file = read(fec(names=[*OFFICIAL, "CodeEtbt"]))
    assert file.lines == read(fec()).lines
    assert rules(file) == {"unknown-columns"}


def test_optional_dates_of_zeros_are_blank_with_a_warning() -> None:
    file = read(fec(SALE | {"DateLet": "00000000"}, INCOME))
    assert file.lines[0].matched_on is None
    assert rules(file) == {"zero-dates"}


def test_line_ends_of_other_systems_inside_a_label_split_nothing() -> None:
    file = read(fec(SALE | {"EcritureLib": "a\x0bb\u2028c\x0cd"}, INCOME))
    assert file.lines[0].label == "a\x0bb\u2028c\x0cd"


def test_lines_of_one_number_and_journal_are_one_entry_wherever_they_stand() -> None:
    other = {"EcritureNum": "2"}
    file = read(fec(SALE, SALE | other, INCOME, INCOME | other))
    assert [(entry.number, len(entry.lines)) for entry in file.entries] == [("1", 2), ("2", 2)]


def test_a_number_may_be_used_once_in_each_journal() -> None:
    bank = {"JournalCode": "BQ"}
    file = read(fec(SALE, INCOME, SALE | bank, INCOME | bank))
    assert [(entry.journal_code, entry.number) for entry in file.entries] == [
        ("VE", "1"),
        ("BQ", "1"),
    ]


def test_a_number_used_on_several_dates_is_several_entries_if_each_balances() -> None:
    later = {"EcritureDate": "20250216"}
    file = read(fec(SALE, INCOME, SALE | later, INCOME | later))
    assert [entry.booked_on for entry in file.entries] == [date(2025, 1, 15), date(2025, 2, 16)]


def test_a_number_used_on_several_dates_is_one_entry_if_only_the_whole_balances() -> None:
    file = read(fec(SALE, INCOME | {"EcritureDate": "20250116"}))
    assert len(file.entries) == 1
    assert "several-dates" in {finding.rule for finding in check(file)}


def test_numbers_that_count_lines_are_told_from_numbers_that_count_entries() -> None:
    second = {"PieceRef": "FA2"}
    rows = (SALE, INCOME, SALE | second, INCOME | second)
    file = read(fec(*(row | {"EcritureNum": str(n)} for n, row in enumerate(rows))))
    assert [len(entry.lines) for entry in file.entries] == [2, 2]
    assert rules(file) == {"numbers-count-lines"}


def test_a_path_is_read_as_its_bytes_are(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("fec") / "123456789FEC20251231.txt"
    path.write_bytes(fec())
    assert read(path) == read(fec())


def test_a_refusal_prints_its_first_line() -> None:
    with pytest.raises(MalformedFec, match="line 2, EcritureDate: '20250230', expected a calend"):
        read(fec(SALE | {"EcritureDate": "20250230"}, INCOME))
