"""One zone of a FEC: from text to value, and back.

Every parser refuses with `BadValue`, which says what was expected; the reader adds the line and
the column. Source of the formats: LPF art. A47 A-1, VI: dates `AAAAMMJJ`, numbers in base 10
with a decimal comma, no thousands separator, the sign being the first or the last character.
"""

import re
from datetime import date
from decimal import Decimal

DATE_EXPECTED = "a calendar date AAAAMMJJ"
AMOUNT_EXPECTED = "digits with a decimal comma, at most two decimals, as in 1234,56"
CURRENCY_AMOUNT_EXPECTED = "digits with a decimal comma, as in 1234,56"
ZERO_DATE = "00000000"

AMOUNT_DIGITS_MAX = 13
"""Before the comma: cents then stay below 2^53, as everything that is sealed (architecture.md)."""

_NUMBER = re.compile(r"([+-]?) *([0-9]*)(?:,([0-9]*))? *([+-]?)")
_DATE_LENGTH = 8


class BadValue(ValueError):
    """A zone holds something else than its type; `expected` says what belongs there."""

    def __init__(self, expected: str) -> None:
        """Keep what was expected; where it stood is the reader's to say."""
        self.expected = expected
        super().__init__(expected)


def required_text(field: str) -> str:
    """Read a zone that the law doesn't allow to be blank."""
    text = field.strip()
    if not text:
        raise BadValue("a value: this column may not be blank")
    return text


def account_number(field: str) -> str:
    """Read a CompteNum: its first three characters are digits of the French chart.

    >>> account_number(" 41100000 ")
    '41100000'
    """
    text = field.strip()
    if not (text[:3].isascii() and text[:3].isdigit() and len(text) >= 3):  # noqa: PLR2004
        raise BadValue("an account whose first three characters are digits, as in 411DUPONT")
    return text


def calendar_date(field: str) -> date:
    """Read a date that must be there and exist: 20230229 is refused, unlike by the DGFiP's tool.

    >>> calendar_date("20240229")
    datetime.date(2024, 2, 29)
    """
    text = field.strip()
    if len(text) != _DATE_LENGTH or not (text.isascii() and text.isdigit()):
        raise BadValue(DATE_EXPECTED)
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise BadValue(DATE_EXPECTED) from None


def optional_date(field: str) -> date | None:
    """Read a date that may be blank; `00000000` is how some software writes a blank one."""
    text = field.strip()
    return None if not text or text == ZERO_DATE else calendar_date(text)


def cents(field: str) -> int:
    """Read an amount of the books into whole cents; a blank zone is zero.

    The sign is the first or the last character. Decimals beyond the cent are accepted when
    they are zeros, and refused otherwise: an amount is never rounded. A decimal point is
    refused, as the tax office's own engine does.

    >>> cents("0000000074,70"), cents("12,5-"), cents("   "), cents("-3")
    (7470, -1250, 0, -300)
    """
    text = field.strip()
    if not text:
        return 0
    sign, whole, decimals = _number(text, AMOUNT_EXPECTED)
    digits = whole.lstrip("0")
    if decimals[2:].strip("0") or len(digits) > AMOUNT_DIGITS_MAX:
        raise BadValue(AMOUNT_EXPECTED)
    return sign * (int(digits or "0") * 100 + int(decimals[:2].ljust(2, "0")))


def currency_amount(field: str) -> Decimal | None:
    """Read a Montantdevise exactly; its currency decides how many decimals it has.

    >>> currency_amount("-12,345"), currency_amount("")
    (Decimal('-12.345'), None)
    """
    text = field.strip()
    if not text:
        return None
    sign, whole, decimals = _number(text, CURRENCY_AMOUNT_EXPECTED)
    return Decimal(f"{'-' if sign < 0 else ''}{whole or '0'}.{decimals or '0'}")


def _number(text: str, expected: str) -> tuple[int, str, str]:
    """Split a number into its sign, its whole part and its decimals."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        hint = ", not a decimal point" if "." in text else ""
        raise BadValue(expected + hint)
    first, whole, decimals, last = found.groups(default="")
    if (first and last) or not (whole or decimals):
        raise BadValue(expected)
    return (-1 if "-" in (first, last) else 1), whole, decimals


def amount_text(amount_cents: int) -> str:
    """Write cents with a decimal comma and the sign first.

    >>> amount_text(-5), amount_text(123456)
    ('-0,05', '1234,56')
    """
    whole, hundredths = divmod(abs(amount_cents), 100)
    return f"{'-' if amount_cents < 0 else ''}{whole},{hundredths:02d}"


def date_text(day: date | None) -> str:
    """Write a date as AAAAMMJJ, or nothing.

    >>> date_text(date(2025, 3, 1))
    '20250301'
    """
    return "" if day is None else day.isoformat().replace("-", "")
