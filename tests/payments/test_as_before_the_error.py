"""Bank and customer stand after a reversal as if the error had never been (S4-28)."""

from operator import attrgetter
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payments.domain.accounting import Movement
from services.payments.domain.confirming import KEEP_AS_CREDIT
from services.payments.domain.refund import ReverseRefund
from services.payments.domain.refundable import Target
from services.reconciliation.domain.item import Group, Item
from shared.decider import Command
from shared.money import decimal_text
from tests.facts import TODAY, bank_account, customer, document, named
from tests.payments.words import give_back, record, reverse
from tests.payments.world import World
from tests.reconciliation.words import on_statement

CENTS = st.integers(1, 300)
INVOICES, NOTES = ("F1", "F2", "F3"), ("N1", "N2")


class Books(World):
    """A customer with invoices, credit notes, payments and refunds: some open, some not."""

    def __init__(self, data: Any) -> None:
        super().__init__()
        self.data = data
        self.say("invoicing", customer(), *(self._document(name) for name in (*INVOICES, *NOTES)))
        self.say("payments", bank_account())
        self.deliver_everything()
        for number in range(data.draw(st.integers(0, 3))):
            self.ask("payments", self.payment(f"P{number}"))
            self.deliver_everything()
        for number in range(data.draw(st.integers(0, 2))):
            self.ask("payments", self.refund(f"R{number}"))
            self.deliver_everything()

    def _document(self, name: str) -> Any:
        kind = "invoice" if name in INVOICES else "credit_note"
        return document(name, decimal_text(self.data.draw(CENTS)), kind=kind)

    def payment(self, name: str) -> Command:
        """Return a payment: of invoices, or kept as credit."""
        targets = self.data.draw(st.lists(st.sampled_from(INVOICES), max_size=2, unique=True))
        amount = decimal_text(self.data.draw(CENTS))
        return record(name, amount, *targets, confirm=[KEEP_AS_CREDIT])

    def refund(self, name: str) -> Command:
        """Return a refund of what is open, or of all of it, of one item or several."""
        rows = [i for i in self.items() if i.side == "credit" and i.open_cents > 0]
        of = [i for i in rows if i.kind in ("payment", "document")]
        if not of:
            return give_back(name, "1.00", refunds=[Target("payment", named("nothing"))])
        key = attrgetter("item")
        chosen = self.data.draw(
            st.lists(st.sampled_from(of), min_size=1, max_size=2, unique_by=key)
        )
        most = sum(item.open_cents for item in chosen)
        amount = decimal_text(self.data.draw(st.integers(1, most)))
        targets = [Target(item.kind, item.item_id) for item in chosen]
        return give_back(name, amount, refunds=targets)

    def items(self) -> list[Item]:
        """Return every item of the customer's account."""
        return self.memories["reconciliation"].rows(Item)

    def standing(self) -> dict[str, Any]:
        """Return what the bank and the customer's account say."""
        moved = self.memories["payments"].rows(Movement)
        items = self.items()
        sides = {"debit": 1, "credit": -1}
        return {
            "bank": sum(movement.amount_cents for movement in moved),
            "balance": sum(sides[item.side] * item.amount_cents for item in items),
            "open": {item.item: item.open_cents for item in items if item.open_cents},
        }


def undo(world: Books, wrong: str, kind: str) -> None:
    """Reverse a payment or refund in one gesture."""
    name: UUID = named(wrong)
    reversal: Command = reverse(wrong)
    if kind == "refund":
        reversal = ReverseRefund(
            refund_id=name, reason="saisi par erreur", reversed_on=None, today=TODAY
        )
    assert world.ask("payments", reversal)
    world.deliver_everything()


@pytest.mark.feature("S4-28")
@given(st.data(), st.sampled_from(["payment", "refund"]), st.booleans(), st.booleans())
def test_bank_and_customer_stand_as_before_the_error_once_it_is_reversed(
    data: Any,
    kind: str,
    allocated: bool,  # noqa: FBT001
    on_bank: bool,  # noqa: FBT001
) -> None:
    world = Books(data)
    before = world.standing()
    wrong = "PX" if kind == "payment" else "RX"
    error = world.payment(wrong) if kind == "payment" else world.refund(wrong)
    if not world.ask("payments", error):
        return
    if allocated or on_bank:
        world.deliver_everything()
        assert world.standing()["bank"] != before["bank"]
    if on_bank and kind == "payment":
        world.ask("reconciliation", on_statement(wrong))
        world.deliver_everything()
    undo(world, wrong, kind)
    assert world.standing() == before
    for group in world.memories["reconciliation"].rows(Group):
        assert bool(group.matching_code) == (group.members > 1 and group.open_cents == 0)
