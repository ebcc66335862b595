"""Books to import: a FEC of as many lines as wanted, of customers who buy and pay."""

from collections.abc import Iterator
from datetime import date, timedelta
from operator import attrgetter
from pathlib import Path

from shared.fec import Line, write

_FIRST = date(2025, 1, 1)
_DAYS = 330
_PAID_AFTER = timedelta(days=30)
_CUSTOMERS = 500
_LINES_EACH = 5  # a sale with VAT and its payment
_NET_CENTS, _VAT_CENTS = 100_00, 20_00
_CUSTOMER = ("411000", "Clients")


def write_books(path: Path, lines: int) -> int:
    """Write sales, each paid a month later and matched; return how many lines there are."""
    sales = lines // _LINES_EACH
    days = [_FIRST + timedelta(days=number * _DAYS // sales) for number in range(sales)]
    made = [line for number, on in enumerate(days) for line in _sale(number, on)]
    made += [line for number, on in enumerate(days) for line in _payment(number, on + _PAID_AFTER)]
    made.sort(key=attrgetter("booked_on"))
    path.write_bytes(write(made))
    return len(made)


def _sale(number: int, on: date) -> Iterator[Line]:
    who = f"C{number % _CUSTOMERS:04}"
    gross = _NET_CENTS + _VAT_CENTS
    yield _line(number, "VE", on, _CUSTOMER, who, gross)
    yield _line(number, "VE", on, ("706000", "Prestations de services"), "", -_NET_CENTS)
    yield _line(number, "VE", on, ("445710", "TVA collectée"), "", -_VAT_CENTS)


def _payment(number: int, on: date) -> Iterator[Line]:
    who = f"C{number % _CUSTOMERS:04}"
    gross = _NET_CENTS + _VAT_CENTS
    yield _line(number, "BQ", on, ("512000", "Banque"), "", gross)
    yield _line(number, "BQ", on, _CUSTOMER, who, -gross)


def _line(
    number: int, journal: str, on: date, account: tuple[str, str], who: str, cents: int
) -> Line:
    sale = journal == "VE"
    return Line(
        number=0,
        journal_code=journal,
        journal_label="Ventes" if sale else "Banque",
        entry_number=f"{journal}{number + 1:06}",
        booked_on=on,
        account=account[0],
        account_label=account[1],
        auxiliary=who,
        auxiliary_label=f"Client {who}" if who else "",
        voucher=f"F{number + 1:06}" if sale else f"VIR{number + 1:06}",
        voucher_on=on,
        label=f"Facture F{number + 1:06}" if sale else f"Virement F{number + 1:06}",
        debit_cents=max(cents, 0),
        credit_cents=max(-cents, 0),
        matching_code=f"L{number + 1:06}" if who else "",
        matched_on=(on + _PAID_AFTER if sale else on) if who else None,
        validated_on=on,
        currency_amount=None,
        currency="",
    )
