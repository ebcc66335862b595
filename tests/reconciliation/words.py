"""Reconciliation's commands in the words of a test."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

from services.reconciliation.domain.allocation import AllocateByHand, ReleaseAllocation
from services.reconciliation.domain.bank import ReconcileWithBank, UndoBankReconciliation
from services.reconciliation.domain.item import Allocation, Item
from services.reconciliation.domain.matching import MatchItems
from services.reconciliation.domain.reallocation import Move, Reallocate
from services.reconciliation.domain.write_off import DeclareWriteOff
from services.reconciliation.service import SERVICE
from shared.events import Event
from shared.events.reconciliation import ItemRef
from shared.money import Money
from tests.facts import DURAND, TODAY, euros, item, named
from tests.given import Memory

Kind = Literal["payment", "document", "refund", "taken_back", "write_off"]


def books(*facts: Event) -> Memory:
    """Return reconciliation's rows after these facts and all they obliged it to."""
    memory = Memory(SERVICE.projection, SERVICE.reactions)
    memory.follow(*facts)
    return memory


def ref(name: str) -> ItemRef:
    """Return an item by its name: P1 is a payment, T1 took it back, R a refund, W a write-off."""
    kinds: dict[str, Kind] = {"P": "payment", "R": "refund", "W": "write_off"}
    if name.startswith("T"):
        return item("taken_back", f"P{name[1:]}")
    return item(kinds.get(name[0], "document"), name)


def row(memory: Memory, name: str) -> Item:
    """Return an item's row by its name."""
    named_item = ref(name)
    return memory.row(Item, f"{named_item.kind}/{named_item.id}")


def left(memory: Memory, *names: str) -> list[str]:
    """Return what is open on items, by their names."""
    return [str(Money(row(memory, name).open_cents)) for name in names]


def live(memory: Memory) -> list[Allocation]:
    """Return the allocations that hold."""
    return [link for link in memory.rows(Allocation) if link.released_on is None]


def allocate(name: str, credit: str, debit: str, amount: str, **fields: Any) -> AllocateByHand:
    """Return the command that allocates by hand."""
    known: dict[str, Any] = {"on": TODAY, "request_sha256": f"asked {name}"}
    return AllocateByHand(
        allocation_id=named(name),
        credit=ref(credit),
        debit=ref(debit),
        amount=fields.pop("money", euros(amount)),
        **(known | fields),
    )


def release(link: Allocation | str, on: date = TODAY) -> ReleaseAllocation:
    """Return the command that releases an allocation."""
    key = named(link) if isinstance(link, str) else link.allocation_id
    return ReleaseAllocation(allocation_id=key, reason="erreur", on=on)


def match(name: str, *items: str, **fields: Any) -> MatchItems:
    """Return the command that matches items."""
    known: dict[str, Any] = {
        "customer_id": DURAND,
        "on": TODAY,
        "request_sha256": f"asked {name}",
    }
    return MatchItems(
        matching_id=named(name), items=[ref(item) for item in items], **(known | fields)
    )


def move(
    name: str, released: Sequence[str | Allocation], *to: tuple[str, str, str], **fields: Any
) -> Reallocate:
    """Return the command that releases some allocations and makes others."""
    ids = [named(link) if isinstance(link, str) else link.allocation_id for link in released]
    known: dict[str, Any] = {"on": TODAY, "request_sha256": f"asked {name}"}
    return Reallocate(
        reallocation_id=named(name),
        releases=ids,
        moves=[Move(credit=ref(c), debit=ref(d), amount=euros(amount)) for c, d, amount in to],
        reason="erreur",
        **(known | fields),
    )


def write_off(
    name: str, amount: str, side: Literal["credit", "debit"] = "credit", **fields: Any
) -> DeclareWriteOff:
    """Return the command that accepts a difference."""
    known: dict[str, Any] = {
        "customer_id": DURAND,
        "reason": "écart de règlement",
        "account": "658",
        "on": TODAY,
        "request_sha256": f"asked {name}",
    }
    return DeclareWriteOff(
        write_off_id=named(name), side=side, amount=euros(amount), **(known | fields)
    )


def on_statement(name: str, statement: str = "CIC 08") -> ReconcileWithBank:
    """Return the command that says a bank statement shows a payment."""
    return ReconcileWithBank(kind="payment", money_id=named(name), statement=statement, on=TODAY)


def off_statement(name: str) -> UndoBankReconciliation:
    """Return the command that takes a payment off a statement."""
    return UndoBankReconciliation(
        kind="payment", money_id=named(name), reason="autre ligne", on=TODAY
    )
