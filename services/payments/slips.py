"""The deposit slip (bordereau de remise) for the bank, in French: CSV, or a page to print."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from shared.french import amount_text, date_text
from shared.money import Money, decimal_text

SLIP: Final = Path(__file__).with_name("slip.typ")
_COLUMNS = ("Date", "Numéro", "Émetteur", "Banque", "Reçu", "Montant")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would carry out


def slip_csv(deposit: Any, payments: Sequence[Any], *, method: str, bank_account: str) -> str:
    """Write a deposit and its payments, one a line, then their number and sum."""
    file = io.StringIO()
    rows = csv.writer(file, delimiter=";", lineterminator="\r\n")
    rows.writerow(["Remise", _plain(deposit.bank_deposit)])
    rows.writerow(["Mode de règlement", _plain(method)])
    rows.writerow(["Compte", _plain(bank_account)])
    rows.writerow(["Remise le", date_text(deposit.closed_on) if deposit.closed_on else ""])
    rows.writerow(_COLUMNS)
    for payment in payments:
        rows.writerow(
            [
                *(_plain(text) for text in _texts(payment)),
                _amount(payment.amount_cents, payment.currency),
            ]
        )
    total = _amount(deposit.total_cents, deposit.currency)
    rows.writerow(["Total", deposit.payment_count, "", "", deposit.currency, total])
    return file.getvalue()


def slip_page(
    deposit: Any,
    payments: Sequence[Any],
    *,
    issuer: Sequence[str],
    method: str,
    bank_account: str,
) -> dict[str, Any]:
    """Return what stands on the slip; one that may still change says PROVISOIRE."""
    closed_on = deposit.closed_on
    rows = [(*_texts(p), amount_text(Money(p.amount_cents, p.currency))) for p in payments]
    return {
        "title": f"Remise {deposit.bank_deposit}",
        "closed": f"Remise le {date_text(closed_on)}" if closed_on else "PROVISOIRE",
        "issuer": issuer,
        "method": method,
        "bank_account": bank_account,
        "columns": _COLUMNS,
        "payments": rows,
        "count": deposit.payment_count,
        "total": amount_text(Money(deposit.total_cents, deposit.currency)),
    }


def _texts(payment: Any) -> tuple[str, ...]:
    """Return the cells of a payment before its amount."""
    return (
        date_text(payment.received_on),
        payment.reference or "",
        payment.payer_name,
        payment.customer_bank or "",
        payment.number,
    )


def _plain(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _amount(cents: int, currency: str) -> str:
    return decimal_text(cents, currency).replace(".", ",")
