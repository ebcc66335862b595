"""What facts of booking do to payments' rows, and the matching codes of what moves no money.

A code may come before what it stands on is booked: it is kept apart, and joined for an export.
"""

from services.payments.domain.accounting import MatchedItem, Movement
from services.payments.domain.booking import kind_of
from services.payments.projections import PROJECTION
from shared.decider import Picture, fresh, one
from shared.events.booking import DifferenceBooked, TransferBooked
from shared.events.reconciliation import ItemsMatched, ItemsUnmatched
from shared.seal import Entry

__all__ = ["PROJECTION", "keep_codes"]


@PROJECTION.on(TransferBooked, lambda fact: [fresh(Movement, f"write_off/{fact.credit_item_id}")])
def keep_transfer(picture: Picture, entry: Entry, fact: TransferBooked) -> None:
    """Keep what accounting books: the payer's account is debited, the debtor's credited."""
    picture.put(
        Movement(
            ledger=entry.ledger,
            item=f"write_off/{fact.credit_item_id}",
            position=entry.position,
            kind="transfer",
            moved_on=fact.booked_on,
            amount_cents=fact.amount.cents,
            currency=fact.amount.currency,
            method="",
            bank_account="",
            customer_id=fact.to_customer_id,
            voucher=fact.voucher,
            label=fact.label,
            reference=None,
            matching_code=None,
            matched_on=None,
            recorded_at=entry.recorded_at,
            payer_id=fact.from_customer_id,
            payer_item=f"write_off/{fact.debit_item_id}",
        )
    )


@PROJECTION.on(DifferenceBooked, lambda fact: [one(Movement, f"write_off/{fact.write_off_id}")])
def keep_difference(picture: Picture, entry: Entry, fact: DifferenceBooked) -> None:
    """Keep what accounting books of a difference, or of what takes it back."""
    picture.put(
        Movement(
            ledger=entry.ledger,
            item=f"write_off/{fact.write_off_id}",
            position=entry.position,
            kind=kind_of(fact.code),
            moved_on=fact.booked_on,
            amount_cents=fact.amount.cents,
            currency=fact.amount.currency,
            method="",
            bank_account="",
            customer_id=fact.customer_id,
            voucher=fact.voucher,
            label=fact.label,
            reference=None,
            matching_code=None,
            matched_on=None,
            recorded_at=entry.recorded_at,
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
