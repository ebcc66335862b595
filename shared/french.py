"""What a customer or an accountant reads: amounts and dates as they are written in France.

Only what is rendered for people uses this; the API stays with ISO dates and plain decimals
(S1-28). Spaces are those of the Unicode locale data: narrow inside a number, wide before a
currency, neither of them a place to break a line.
"""

import re
from datetime import date

from shared.money import Money

_NARROW, _WIDE = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"
_BEFORE_SIGN = re.compile(" (?=[:;!?%»])|(?<=«) ")
_SYMBOLS = {"EUR": "€", "USD": "$US", "GBP": "£GB", "XPF": "FCFP"}


def amount_text(money: Money) -> str:
    """Write an amount with its currency.

    >>> amount_text(Money.parse("1170.00", "EUR")).split()
    ['1', '170,00', '€']
    """
    whole, _, decimals = str(money).partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    grouped = f"{int(digits):,}".replace(",", _NARROW)
    number = f"{grouped},{decimals}" if decimals else grouped
    return f"{sign}{number}{_WIDE}{_SYMBOLS.get(money.currency, money.currency)}"


def date_text(day: date) -> str:
    """Write a civil date.

    >>> date_text(date(2025, 8, 18))
    '18/08/2025'
    """
    return f"{day:%d/%m/%Y}"


def typeset(text: str) -> str:
    """Keep signs with the word they belong to, where a text was written with plain spaces.

    >>> [len(word) for word in typeset("Reçu : lisez.").split(" ")]
    [6, 6]
    """
    return _BEFORE_SIGN.sub(_WIDE, text)
