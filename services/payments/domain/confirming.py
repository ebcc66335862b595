"""Warnings: what is refused until somebody confirms it.

The problem names in `confirm` what the same request must carry to be accepted; a refusal
that names nothing is an error, which no confirmation overcomes (S2-45).
"""

from collections.abc import Sequence
from typing import Literal

from shared.errors import Refusal

Confirmation = Literal[
    "keep-as-credit",
    "open-bank-deposit",
    "record-prepayment",
    "grant-discount",
    "delete",
    "reverse",
]

KEEP_AS_CREDIT: Confirmation = "keep-as-credit"
OPEN_BANK_DEPOSIT: Confirmation = "open-bank-deposit"
RECORD_PREPAYMENT: Confirmation = "record-prepayment"
GRANT_DISCOUNT: Confirmation = "grant-discount"
DELETE: Confirmation = "delete"
REVERSE: Confirmation = "reverse"


def needed(refusal: Refusal) -> Sequence[Confirmation]:
    """Return the confirmations that would overcome a refusal; none of an error."""
    found: Sequence[Confirmation] = refusal.facts.get("confirm", ())  # type: ignore[assignment]
    return found
