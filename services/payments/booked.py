"""What facts of booking do to payments' rows, and what matching does: its codes are exported.

A code may come before what it stands on is booked: it is kept apart, and joined for an export.
"""

from datetime import date
from typing import Any

from msgspec.structs import replace

from services.payments.domain.accounting import MatchedItem, Movement
from services.payments.domain.booking import kind_of
from services.payments.projections import PROJECTION
from shared.decider import Need, Picture, fresh, one
from shared.events.booking import DifferenceBooked, TransferBooked
from shared.events.reconciliation import ItemsMatched, ItemsUnmatched
from shared.seal import Entry

__all__ = ["PROJECTION", "general_entry"]


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


def _needs_of_matching(fact: ItemsMatched | ItemsUnmatched) -> list[Need]:
    names = [(item.kind, f"{item.kind}/{item.id}") for item in fact.items]
    return [one(MatchedItem if kind == "write_off" else Movement, name) for kind, name in names]


@PROJECTION.on(ItemsMatched, _needs_of_matching)
def see_matched(picture: Picture, _entry: Entry, fact: ItemsMatched) -> None:
    """Keep the matching code, for the next accounting export."""
    _mark(picture, fact, fact.matching_code, fact.matched_on)


@PROJECTION.on(ItemsUnmatched, _needs_of_matching)
def see_unmatched(picture: Picture, _entry: Entry, fact: ItemsUnmatched) -> None:
    """Drop the matching code."""
    _mark(picture, fact, None, None)


def _mark(
    picture: Picture, fact: ItemsMatched | ItemsUnmatched, code: str | None, on: date | None
) -> None:
    """Mark what moved money where it is, and keep apart the code of what moves none."""
    for item in fact.items:
        name = f"{item.kind}/{item.id}"
        if item.kind == "write_off":
            picture.put(
                MatchedItem(ledger=picture.ledger, item=name, matching_code=code, matched_on=on)
            )
        elif movement := picture.find(Movement, name):
            picture.put(replace(movement, matching_code=code, matched_on=on))
