"""The deposit slip (bordereau de remise) that goes to the bank: CSV, in French."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from shared.french import date_text
from shared.money import decimal_text

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
        texts = (payment.reference, payment.payer_name, payment.customer_bank, payment.number)
        rows.writerow(
            [
                date_text(payment.received_on),
                *(_plain(text or "") for text in texts),
                _amount(payment.amount_cents, payment.currency),
            ]
        )
    total = _amount(deposit.total_cents, deposit.currency)
    rows.writerow(["Total", deposit.payment_count, "", "", deposit.currency, total])
    return file.getvalue()


def _plain(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _amount(cents: int, currency: str) -> str:
    return decimal_text(cents, currency).replace(".", ",")
