"""What would be lost if these failed: a cent, in every rounding, split and conversion."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.money import Money, decimal_text, exponent, round_half_up, split_by_weight

CENTS_MAX = 10**15
cents = st.integers(-CENTS_MAX + 1, CENTS_MAX - 1)
currencies = st.sampled_from(["EUR", "USD", "XPF", "TND"])
amounts = st.builds(Money, cents, currencies)
weights = st.lists(st.integers(0, 10**12), min_size=1, max_size=12)
from_json = TypeAdapter(Money)


@given(amounts)
def test_an_amount_written_and_read_back_is_the_same_amount(amount: Money) -> None:
    assert Money.parse(str(amount), amount.currency) == amount
    assert from_json.validate_json(from_json.dump_json(amount)) == amount


@given(amounts)
def test_an_amount_is_written_with_the_decimals_of_its_currency(amount: Money) -> None:
    text = str(amount)
    places = exponent(amount.currency)
    assert len(text.partition(".")[2]) == places
    assert Decimal(text).scaleb(places) == amount.cents


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0", 0), ("-0.00", 0), ("0.1", 10), ("12.", None), ("1170.00", 117000), ("-12.5", -1250)],
)
def test_plain_decimals_are_read(text: str, expected: int | None) -> None:
    if expected is None:
        with pytest.raises(ValueError, match="plain decimal"):
            Money.parse(text, "EUR")
    else:
        assert Money.parse(text, "EUR").cents == expected


@pytest.mark.parametrize(
    "text",
    ["", "-", ".5", "01.00", "1,00", "1 000.00", "1e3", "+1", "1.0\n", "NaN", "0x10", "--1", "1_0"],
)
def test_anything_but_a_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="plain decimal"):
        Money.parse(text, "EUR")


@pytest.mark.parametrize("text", ["\u0661", "1\u0662", "1.0\u0966", "\uff11.00"])
def test_digits_of_other_scripts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="plain decimal"):
        Money.parse(text, "EUR")


@pytest.mark.parametrize(
    ("text", "currency"), [("1.001", "EUR"), ("1.0", "XPF"), ("1.0001", "TND")]
)
def test_more_decimals_than_the_currency_has_are_refused(text: str, currency: str) -> None:
    with pytest.raises(ValueError, match="decimal"):
        Money.parse(text, currency)


def test_amounts_beyond_what_is_counted_are_refused() -> None:
    assert Money.parse("9999999999999.99", "EUR").cents == CENTS_MAX - 1
    for text in ("10000000000000.00", "-10000000000000.00"):
        with pytest.raises(ValueError, match="beyond"):
            Money.parse(text, "EUR")


@pytest.mark.parametrize("currency", ["", "eur", "EU", "EURO", "E R", "EUR\n"])
def test_a_currency_is_three_capital_letters(currency: str) -> None:
    with pytest.raises(ValueError, match="ISO 4217"):
        Money.parse("1", currency)


@pytest.mark.parametrize(
    "raw",
    [
        1170,
        "1170.00",
        {"value": "1.00"},
        {"currency": "EUR"},
        {"currency": "EUR", "value": 1},
        {"currency": "EUR", "value": 1.0},
        {"currency": "EUR", "value": "1.001"},
        {"currency": "XEURX", "value": "1.00"},
    ],
)
def test_json_of_any_other_shape_is_refused(raw: object) -> None:
    with pytest.raises(ValidationError):
        from_json.validate_python(raw)


def test_the_published_schema_takes_three_letters_and_no_more() -> None:
    schema = from_json.json_schema(mode="serialization")
    assert schema["properties"]["currency"]["pattern"] == "^[A-Z]{3}$"


@given(cents, cents, currencies)
def test_adding_and_subtracting_are_each_others_opposite(one: int, other: int, unit: str) -> None:
    a, b = Money(one, unit), Money(other, unit)
    assert (a + b) - b == a
    assert a - b == a + -b == -(b - a)


def test_currencies_are_never_mixed() -> None:
    euro, dollar = Money(1, "EUR"), Money(1, "USD")
    with pytest.raises(ValueError, match="never mixed"):
        euro + dollar
    with pytest.raises(ValueError, match="never mixed"):
        euro - dollar


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0.5", 1), ("-0.5", -1), ("1.5", 2), ("2.5", 3), ("-2.5", -3), ("2.4999", 2), ("0.49", 0)],
)
def test_halves_are_rounded_away_from_zero(value: str, expected: int) -> None:
    assert round_half_up(Decimal(value)) == expected


def test_text_of_small_amounts_keeps_its_zeros() -> None:
    assert [decimal_text(n) for n in (0, 1, 10, 100, -1, -100)] == [
        "0.00",
        "0.01",
        "0.10",
        "1.00",
        "-0.01",
        "-1.00",
    ]


@given(cents, weights)
def test_the_parts_of_a_split_add_up_to_the_whole(total: int, shares: list[int]) -> None:
    parts = split_by_weight(total, shares)
    assert sum(parts) == total
    assert len(parts) == len(shares)


@given(cents, weights.filter(any))
def test_no_part_is_a_cent_or_more_from_its_exact_share(total: int, shares: list[int]) -> None:
    whole = sum(shares)
    for part, share in zip(split_by_weight(total, shares), shares, strict=True):
        assert abs(part - Fraction(total * share, whole)) < 1


@given(cents, weights.filter(any))
def test_the_cents_left_over_go_to_the_largest_remainders(total: int, shares: list[int]) -> None:
    whole, size = sum(shares), abs(total)
    parts = [abs(part) for part in split_by_weight(total, shares)]
    remainders = [size * share % whole for share in shares]
    given_up = {part - size * share // whole for part, share in zip(parts, shares, strict=True)}
    assert given_up <= {0, 1}
    order = [
        (-remainder, index)
        for index, (part, share, remainder) in enumerate(
            zip(parts, shares, remainders, strict=True)
        )
        if part > size * share // whole
    ]
    rest = [
        (-remainder, index)
        for index, (part, share, remainder) in enumerate(
            zip(parts, shares, remainders, strict=True)
        )
        if part == size * share // whole
    ]
    assert not order or not rest or max(order) < min(rest)


@given(cents, weights)
def test_taking_back_splits_like_giving(total: int, shares: list[int]) -> None:
    assert split_by_weight(-total, shares) == [-part for part in split_by_weight(total, shares)]


@given(cents, weights, st.integers(1, 1000))
def test_only_the_proportion_of_weights_counts(total: int, shares: list[int], times: int) -> None:
    assert split_by_weight(total, shares) == split_by_weight(total, [n * times for n in shares])


def test_weights_that_are_all_zero_put_everything_on_the_first() -> None:
    assert split_by_weight(7, [0, 0, 0]) == [7, 0, 0]


def test_an_amount_is_not_split_over_nothing() -> None:
    with pytest.raises(ValueError, match="over nothing"):
        split_by_weight(1, [])
