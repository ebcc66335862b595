"""What facts of booking do to payments' rows, and the matching codes of what moves no money.

A code may come before what it stands on is booked: it is kept apart, and joined for an export.
"""

from typing import Any

from services.payments.domain.accounting import MatchedItem, Movement
from services.payments.domain.booking import kind_of
from services.payments.projections import PROJECTION
from shared.decider import Picture, fresh, one
from shared.events.booking import DifferenceBooked, TransferBooked
from shared.events.reconciliation import ItemsMatched, ItemsUnmatched
from shared.seal import Entry

__all__ = ["PROJECTION", "general_entry", "keep_codes"]


def general_entry(entry: Entry, **said: Any) -> Movement:
    """Return an entry of the general journal, as `said`: what moves no money, at no bank."""
    return Movement(
        ledger=entry.ledger,
        position=entry.position,
        recorded_at=entry.recorded_at,
        method="",
        bank_account="",
        reference=None,
        matching_code=None,
        matched_on=None,
        **said,
    )


@PROJECTION.on(TransferBooked, lambda fact: [fresh(Movement, f"write_off/{fact.credit_item_id}")])
def keep_transfer(picture: Picture, entry: Entry, fact: TransferBooked) -> None:
    """Keep what accounting books: the payer's account is debited, the debtor's credited."""
    picture.put(
        general_entry(
            entry,
            item=f"write_off/{fact.credit_item_id}",
            kind="transfer",
            moved_on=fact.booked_on,
            amount_cents=fact.amount.cents,
            currency=fact.amount.currency,
            customer_id=fact.to_customer_id,
            voucher=fact.voucher,
            label=fact.label,
            payer_id=fact.from_customer_id,
            payer_item=f"write_off/{fact.debit_item_id}",
        )
    )


@PROJECTION.on(DifferenceBooked, lambda fact: [one(Movement, f"write_off/{fact.write_off_id}")])
def keep_difference(picture: Picture, entry: Entry, fact: DifferenceBooked) -> None:
    """Keep what accounting books of a difference, or of what takes it back."""
    picture.put(
        general_entry(
            entry,
            item=f"write_off/{fact.write_off_id}",
            kind=kind_of(fact.code),
            moved_on=fact.booked_on,
            amount_cents=fact.amount.cents,
            currency=fact.amount.currency,
            customer_id=fact.customer_id,
            voucher=fact.voucher,
            label=fact.label,
            counter_account=fact.account,
            vat_cents=fact.vat.cents,
            vat_account=fact.vat_account,
        )
    )


def keep_codes(picture: Picture, fact: ItemsMatched | ItemsUnmatched) -> None:
    """Keep the code that what moves no money carries now, or that it carries none."""
    code, on = (
        (fact.matching_code, fact.matched_on) if isinstance(fact, ItemsMatched) else (None, None)
    )
    for item in fact.items:
        if item.kind == "write_off":
            picture.put(
                MatchedItem(
                    ledger=picture.ledger,
                    item=f"write_off/{item.id}",
                    matching_code=code,
                    matched_on=on,
                )
            )
