"""What facts of write-offs, declared differences and transfers do to reconciliation's rows."""

from msgspec.structs import replace

from services.reconciliation.domain.difference import Difference
from services.reconciliation.domain.item import Item, existing, key_of
from services.reconciliation.domain.transfer import Transfer, items_of
from services.reconciliation.domain.write_off import WriteOff, item_of_write_off
from services.reconciliation.on_statements import PROJECTION
from shared.decider import Need, Picture, fresh, one
from shared.events.reconciliation import DifferenceDeclared, DifferenceWithdrawn, WriteOffDeclared
from shared.events.transfers import TransferMade
from shared.seal import Entry

__all__ = ["PROJECTION"]


@PROJECTION.on(WriteOffDeclared, lambda fact: [one(WriteOff, fact.write_off_id)])
def add_write_off(picture: Picture, entry: Entry, fact: WriteOffDeclared) -> None:
    """A loss is a credit item, a gain a debit item."""
    picture.put(
        WriteOff(
            ledger=picture.ledger,
            write_off_id=fact.write_off_id,
            customer_id=fact.customer_id,
            side=fact.side,
            amount_cents=fact.amount.cents,
            currency=fact.amount.currency,
            reason=fact.reason,
            account=fact.account,
            declared_on=fact.declared_on,
            request_sha256=fact.request_sha256,
            position=entry.position,
            alone=fact.alone,
        )
    )
    picture.put(item_of_write_off(picture.ledger, fact))


def _closing(fact: DifferenceDeclared | DifferenceWithdrawn) -> str:
    return f"{fact.payment_id}/{fact.document_id}"


def _needs_of_difference(fact: DifferenceDeclared | DifferenceWithdrawn) -> list[Need]:
    return [one(Difference, _closing(fact)), one(Item, f"document/{fact.document_id}")]


@PROJECTION.on(DifferenceDeclared, _needs_of_difference)
def declare(picture: Picture, _entry: Entry, fact: DifferenceDeclared) -> None:
    """Nothing is open on the document any more, by as much as is declared."""
    _declare(picture, fact)


@PROJECTION.on(DifferenceWithdrawn, _needs_of_difference)
def withdraw(picture: Picture, _entry: Entry, fact: DifferenceWithdrawn) -> None:
    """Open the document again by what was declared."""
    _declare(picture, fact)


def _declare(picture: Picture, fact: DifferenceDeclared | DifferenceWithdrawn) -> None:
    item = existing(picture, f"document/{fact.document_id}")
    asked = picture.find(Difference, _closing(fact))
    assert asked
    cents = fact.difference.cents
    picture.put(replace(item, declared_cents=item.declared_cents + cents))
    picture.put(replace(asked, declared_cents=asked.declared_cents + cents, decided=True))


def _needs_of_transfer(fact: TransferMade) -> list[Need]:
    sides = (fact.debit_item_id, fact.credit_item_id)
    items = [fresh(Item, f"write_off/{side}") for side in sides]
    before = [one(Transfer, fact.takes_back)] if fact.takes_back else []
    return [*items, fresh(Transfer, fact.transfer_id), *before]


@PROJECTION.on(TransferMade, _needs_of_transfer)
def transfer(picture: Picture, entry: Entry, fact: TransferMade) -> None:
    """Debit the account that pays and credit the one that owes."""
    for item in items_of(picture.ledger, fact):
        picture.put(item)
    picture.put(
        Transfer(
            ledger=picture.ledger,
            transfer_id=fact.transfer_id,
            allocation_id=fact.allocation_id,
            from_customer_id=fact.from_customer_id,
            to_customer_id=fact.to_customer_id,
            amount_cents=fact.amount.cents,
            currency=fact.amount.currency,
            transferred_on=fact.transferred_on,
            credit_item=key_of(fact.credit),
            credit_number=fact.credit_number,
            debit_item=key_of(fact.debit),
            debit_number=fact.debit_number,
            reason=fact.reason,
            takes_back=fact.takes_back,
            taken_back_on=None,
            position=entry.position,
        )
    )
    before = picture.find(Transfer, fact.takes_back) if fact.takes_back else None
    if before:
        picture.put(replace(before, taken_back_on=fact.transferred_on))
