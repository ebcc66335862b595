"""Money: whole minor units of an ISO 4217 currency, never a float.

`Money` holds an integer count of the currency's smallest unit (cents for EUR) and
travels in JSON as `{"currency": "EUR", "value": "1170.00"}`. Nothing here rounds
unless its name says so.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema
from typing_extensions import override

# ISO 4217 exponents that are not 2, for currencies a French company meets.
_EXPONENTS = {"XPF": 0, "XAF": 0, "XOF": 0, "JPY": 0, "KRW": 0, "TND": 3, "KWD": 3, "BHD": 3}
_CENTS_MAX = 10**15  # ten thousand billion euros; far below 2**53, so JSON readers agree
_PLAIN_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,3})?")
_CURRENCY = re.compile(r"[A-Z]{3}")


def exponent(currency: str) -> int:
    """Return how many decimals the currency's smallest unit has (ISO 4217): 2 for EUR.

    >>> exponent("EUR"), exponent("XPF")
    (2, 0)
    """
    return _EXPONENTS.get(currency, 2)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in one currency, as a whole number of its smallest unit.

    >>> Money.parse("1170.00", "EUR")
    Money(cents=117000, currency='EUR')
    >>> str(-Money(501, "EUR"))
    '-5.01'
    """

    cents: int
    currency: str = "EUR"

    @staticmethod
    @lru_cache(maxsize=4096)
    def parse(text: str, currency: str) -> "Money":
        """Read a plain decimal such as `"1170.00"`; raise ValueError on anything else.

        Refuses exponents, spaces, thousands separators, more decimals than the currency
        has, and amounts of ten thousand billions or more.
        """
        if not _CURRENCY.fullmatch(currency):
            raise ValueError(f"{currency!r} is not an ISO 4217 currency code")
        places = exponent(currency)
        if not _PLAIN_DECIMAL.fullmatch(text):
            raise ValueError(f"{text!r} is not a plain decimal such as '1170.00'")
        whole, _, fraction = text.partition(".")
        if len(fraction) > places:
            raise ValueError(f"{text!r} has more than the {places} decimals of {currency}")
        cents = int(whole + fraction.ljust(places, "0"))
        if abs(cents) >= _CENTS_MAX:
            raise ValueError(f"{text!r} is beyond what this software counts")
        return Money(cents, currency)

    @override
    def __str__(self) -> str:
        """Write the plain decimal, with exactly the currency's decimals."""
        return decimal_text(self.cents, self.currency)

    def __neg__(self) -> "Money":
        """Return the opposite amount."""
        return Money(-self.cents, self.currency)

    def __add__(self, other: "Money") -> "Money":
        """Add an amount of the same currency; ValueError otherwise."""
        self._same_currency(other)
        return Money(self.cents + other.cents, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        """Subtract an amount of the same currency; ValueError otherwise."""
        self._same_currency(other)
        return Money(self.cents - other.cents, self.currency)

    def _same_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} are never mixed")

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: type[Any], _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Teach pydantic the JSON shape `{"currency": …, "value": …}`."""
        fields = core_schema.typed_dict_schema(
            {
                "currency": core_schema.typed_dict_field(
                    core_schema.str_schema(pattern=f"^{_CURRENCY.pattern}$")
                ),
                "value": core_schema.typed_dict_field(
                    core_schema.str_schema(pattern=f"^{_PLAIN_DECIMAL.pattern}$")
                ),
            }
        )
        from_json = core_schema.no_info_after_validator_function(
            lambda raw: cls.parse(raw["value"], raw["currency"]), fields
        )
        return core_schema.json_or_python_schema(
            json_schema=from_json,
            python_schema=core_schema.union_schema(
                [core_schema.is_instance_schema(cls), from_json]
            ),
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda money: {"currency": money.currency, "value": str(money)},
                return_schema=fields,
            ),
        )


def decimal_text(cents: int, currency: str = "EUR") -> str:
    """Write minor units as a plain decimal with the currency's decimals.

    >>> decimal_text(5), decimal_text(-117000), decimal_text(1200, "XPF")
    ('0.05', '-1170.00', '1200')
    """
    places = exponent(currency)
    digits = f"{abs(cents):0{places + 1}d}"
    sign = "-" if cents < 0 else ""
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


def round_half_up(value: Decimal) -> int:
    """Round to a whole number of minor units, halves away from zero (EN 16931, BR-CO-17)."""
    return int(value.to_integral_value(rounding=ROUND_HALF_UP))


def split_by_weight(total: int, weights: Sequence[int]) -> list[int]:
    """Split whole cents in proportion to weights, to the cent, by largest remainder.

    The parts always add up to `total`; equal remainders go to the earlier part. All
    weights zero puts everything on the first part. Raises ValueError without weights.

    >>> split_by_weight(100, [1, 1, 1])
    [34, 33, 33]
    """
    if not weights:
        raise ValueError("an amount can't be split over nothing")
    whole = sum(weights)
    if whole == 0:
        return [total, *(0 for _ in weights[1:])]
    sign = 1 if total >= 0 else -1
    exact = [divmod(abs(total) * weight, whole) for weight in weights]
    parts = [quotient for quotient, _ in exact]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-exact[i][1], i))
    for i in by_remainder[: abs(total) - sum(parts)]:
        parts[i] += 1
    return [sign * part for part in parts]
