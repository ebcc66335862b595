"""What the validator remarks in files that are well formed."""

from collections.abc import Mapping

import pytest

from shared.fec import Finding, check, read
from tests.fec.fec_text import INCOME, OFFICIAL, SALE, fec


def findings(*rows: Mapping[str, str]) -> dict[str, Finding]:
    return {finding.rule: finding for finding in check(read(fec(*rows)))}


def numbered(*numbers: str, journal: str = "VE") -> list[Mapping[str, str]]:
    return [
        row | {"EcritureNum": number, "JournalCode": journal}
        for number in numbers
        for row in (SALE, INCOME)
    ]


def test_good_books_have_no_findings() -> None:
    assert findings(*numbered("1", "2", "3")) == {}


@pytest.mark.parametrize(
    ("column", "rule"),
    [
        ("JournalLib", "blank-journal-label"),
        ("CompteLib", "blank-account-label"),
        ("PieceRef", "blank-voucher"),
        ("PieceDate", "blank-voucher-date"),
        ("EcritureLib", "blank-label"),
        ("ValidDate", "blank-validation-date"),
    ],
)
def test_a_blank_that_the_law_wants_filled_is_found(column: str, rule: str) -> None:
    found = findings(SALE | {column: ""}, INCOME)[rule]
    assert (found.severity, found.lines) == ("warning", (2,))
    assert column in found.message


def test_gaps_in_the_numbers_are_found() -> None:
    found = findings(*numbered("1", "2", "5", "6", "9"))["numbering-gap"]
    assert found.message == "the file: no entry numbered 3-4, 7-8"
    assert found.lines == (6, 10)


def test_many_gaps_are_listed_as_far_as_useful() -> None:
    found = findings(*numbered(*(str(2 * n) for n in range(1, 40))))["numbering-gap"]
    assert found.message.endswith("41, …")
    assert len(found.lines) == 38


def test_numbers_may_run_per_journal() -> None:
    rows = [*numbered("VE-1", "VE-2"), *numbered("BQ-1", "BQ-2", journal="BQ")]
    assert findings(*rows) == {}


def test_numbers_may_run_over_the_file() -> None:
    rows = [*numbered("1", "3"), *numbered("2", "4", journal="BQ")]
    assert "numbering-gap" not in findings(*rows)


def test_numbers_that_go_back_are_found() -> None:
    assert findings(*numbered("1", "3", "2"))["numbering-goes-back"].lines == (6,)


def test_numbers_without_digits_are_found() -> None:
    assert findings(*numbered("A", "B"))["numbering-unreadable"].lines == (2, 4)


def test_numbers_that_count_lines_are_said_once_and_not_checked() -> None:
    rows = [row | {"EcritureNum": number} for number, row in zip("19", (SALE, INCOME), strict=True)]
    assert set(findings(*rows)) == {"numbers-count-lines"}


def test_entries_out_of_validation_order_are_found() -> None:
    first = [row | {"ValidDate": "20250301"} for row in (SALE, INCOME)]
    second = [row | {"EcritureNum": "2", "ValidDate": ""} for row in (SALE, INCOME)]
    third = [row | {"EcritureNum": "3"} for row in (SALE, INCOME)]
    assert findings(*first, *second, *third)["validation-order"].lines == (6,)


def test_a_validation_before_the_booking_is_found() -> None:
    assert findings(SALE | {"ValidDate": "20250114"}, INCOME)["validated-early"].lines == (2,)


def test_a_code_without_a_date_and_a_date_without_a_code_are_found() -> None:
    found = findings(SALE | {"EcritureLet": "A"}, INCOME | {"DateLet": "20250201"})
    assert found["matching-incomplete"].lines == (2, 3)


def test_a_group_that_does_not_balance_is_found() -> None:
    found = findings(SALE | {"EcritureLet": "A", "DateLet": "20250201"}, INCOME)
    assert found["matching-unbalanced"].message == "group A of 411000 DUPONT is off by 120,00"


def test_a_currency_without_a_name_and_a_name_that_is_none_are_found() -> None:
    found = findings(SALE | {"Montantdevise": "5,00"}, INCOME | {"Idevise": "Euro"})
    assert found["currency-missing"].lines == (2,)
    assert found["currency-code"].lines == (3,)


def test_labels_that_change_are_found() -> None:
    rows = numbered("1", "2")
    rows[2] = dict(rows[2]) | {"CompteLib": "Client", "JournalLib": "Vente"}
    found = findings(*rows)
    assert found["account-label-changes"].lines == (4,)
    assert found["journal-label-changes"].lines == (4,)


def test_what_reading_tolerated_comes_first() -> None:
    file = read(fec(names=list(reversed(OFFICIAL))))
    assert check(file)[0].rule == "column-order"
