"""The groups that the file marks with a matching code, as far as they are whole."""

from datetime import date

from tests.takeover.small_books import DAY, Entry, Post, entry, planned

FIRST = date(2025, 1, 1)


def matched(*amounts: tuple[int, str, date | None]) -> list[tuple[str, int, int, bool]]:
    found = planned(
        *(
            entry("OD", Post("DUPONT", cents, code=code, matched_on=on), Post("471", -cents))
            for cents, code, on in amounts
        )
    )
    return [
        (group.code, len(group.item_keys), group.balance_cents, group.balanced)
        for group in found.matchings
    ]


def test_lines_of_a_customer_with_one_code_are_a_group() -> None:
    assert matched((100, "AA", DAY), (-60, "AA", DAY), (-40, "AA", DAY), (5, "", None)) == [
        ("AA", 3, 0, True)
    ]


def test_a_code_used_again_later_is_another_group() -> None:
    later = date(2025, 9, 9)
    assert matched((100, "A", DAY), (-100, "A", DAY), (70, "A", later), (-60, "A", later)) == [
        ("A", 2, 0, True),
        ("A", 2, 10, False),
    ]


def test_a_group_that_balances_as_a_whole_is_not_split_by_date() -> None:
    assert matched((100, "A", DAY), (-100, "A", date(2025, 9, 9))) == [("A", 2, 0, True)]


def test_a_group_that_never_balances_stays_one() -> None:
    assert matched((100, "a", DAY), (-90, "a", date(2025, 9, 9))) == [("a", 2, 10, False)]


def test_upper_and_lower_case_codes_are_different_groups() -> None:
    assert [group[0] for group in matched((100, "AA", DAY), (100, "aa", DAY))] == ["AA", "aa"]


def test_a_code_used_in_two_accounts_of_a_customer_is_two_groups_where_each_balances() -> None:
    def post(cents: int, collective: str) -> Entry:
        line = Post("DUPONT", cents, code="AA", collective=collective)
        return entry("OD", line, Post("471", -cents))

    found = planned(
        post(100, "411000"), post(-100, "411000"), post(70, "411200"), post(-50, "411200")
    )
    assert [(group.balanced, group.lines) for group in found.matchings] == [
        (True, (2, 4)),
        (False, (6, 8)),
    ]


def test_the_same_code_of_two_customers_is_two_groups() -> None:
    found = planned(
        *(
            entry("OD", Post(who, cents, code="AA"), Post("471", -cents))
            for who in ("DUPONT", "MARTIN")
            for cents in (100, -100)
        )
    )
    assert [group.customer for group in found.matchings] == ["DUPONT", "MARTIN"]


def test_a_group_is_dated_by_the_file_or_else_by_its_latest_line() -> None:
    given = planned(entry("OD", Post("DUPONT", 1, code="A", matched_on=FIRST), Post("471", -1)))
    assert given.matchings[0].matched_on == FIRST
    missing = planned(entry("OD", Post("DUPONT", 1, code="A"), Post("471", -1)))
    assert missing.matchings[0].matched_on == DAY
