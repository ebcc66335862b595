"""The receipt (reçu) that a payer is given: plain text, in French."""

from typing import Any

from shared.french import amount_text, date_text
from shared.money import Money

_TAKEN_BACK = {"reversed": "Extourné", "returned": "Impayé"}


def receipt_text(payment: Any, *, method_label: str, bank_label: str) -> str:
    """Write the receipt of a payment's row; one that was taken back says so."""
    reference = f", n° {payment.reference}" if payment.reference else ""
    lines = [
        f"Reçu {payment.number}",
        "",
        f"Reçu de {payment.payer_name}",
        f"la somme de {_amount(payment.amount_cents, payment.currency)}",
        f"le {date_text(payment.received_on)}",
        f"par {method_label}{reference}, sur {bank_label}",
    ]
    for applied in payment.applies_to:
        part = amount_text(Money.parse(applied["amount"], payment.currency))
        lines.append(f"pour {applied['number'] or 'un document à venir'} : {part}")
    if payment.state in _TAKEN_BACK:
        on = date_text(payment.taken_back_on)
        lines += ["", f"{_TAKEN_BACK[payment.state]} le {on} : {payment.taken_back_reason}"]
    return "\n".join(lines) + "\n"


def _amount(cents: int, currency: str) -> str:
    return amount_text(Money(cents, currency))
