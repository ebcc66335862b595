"""The receipt (reçu) that a payer is given, in French: plain text, or a page to print."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from shared.dates import civil_date
from shared.french import amount_text, date_text
from shared.money import Money

RECEIPT: Final = Path(__file__).with_name("receipt.typ")
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
    lines += [f"pour {number} : {part}" for number, part in _documents(payment)]
    if payment.state in _TAKEN_BACK:
        lines += ["", _taken_back(payment)]
    return "\n".join(lines) + "\n"


def receipt_page(
    payment: Any, printed: Any, *, issuer: Sequence[str], method_label: str, bank_label: str
) -> dict[str, Any]:
    """Return what stands on one print of a payment's receipt."""
    fields = [
        ("Reçu de", payment.payer_name),
        ("La somme de", _amount(payment.amount_cents, payment.currency)),
        ("Le", date_text(payment.received_on)),
        ("Mode de règlement", method_label),
        ("Référence", payment.reference),
        ("Encaissé sur", bank_label),
    ]
    return {
        "title": f"Reçu {payment.number}",
        "duplicate": f"DUPLICATA n° {printed.duplicate}" if printed.duplicate else None,
        "issuer": issuer,
        "taken_back": _taken_back(payment) if payment.state in _TAKEN_BACK else None,
        "fields": [field for field in fields if field[1]],
        "documents": _documents(payment),
        "printed": f"Imprimé le {date_text(civil_date(printed.printed_at))}",
    }


def _documents(payment: Any) -> list[tuple[str, str]]:
    return [
        (
            applied["number"] or "un document à venir",
            amount_text(Money.parse(applied["amount"], payment.currency)),
        )
        for applied in payment.applies_to
    ]


def _taken_back(payment: Any) -> str:
    on = date_text(payment.taken_back_on)
    return f"{_TAKEN_BACK[payment.state]} le {on} : {payment.taken_back_reason}"


def _amount(cents: int, currency: str) -> str:
    return amount_text(Money(cents, currency))
