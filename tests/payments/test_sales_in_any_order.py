"""Orders, invoices and prepayments reach three services in any order, and they agree in the end."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.invoicing.domain.document import Document
from services.payments.domain.confirming import KEEP_AS_CREDIT, RECORD_PREPAYMENT
from services.payments.domain.payable import PayableDocument
from services.payments.domain.payment import Payment
from services.payments.domain.refundable import Target
from services.reconciliation.domain.item import Item
from services.reconciliation.domain.sale import Prepayment, SaleDocument
from shared.events import Event
from shared.events.payments import PaymentRecorded
from shared.money import decimal_text
from tests.facts import (
    bank_account,
    cancelled,
    customer,
    document,
    draft,
    named,
    order_document,
)
from tests.payments.words import give_back, record, reverse
from tests.payments.world import World

CENTS = st.integers(1, 1_000)
NAMES = ["CO", "BL", "FA", "FB", "AV"]


def link(above: str) -> dict[str, Any]:
    return {"follows": named(above), "takes_over": named(above)}


class Sale:
    """One order, its delivery note, two invoices and a credit note, and who pays for what when."""

    def __init__(self, data: Any) -> None:
        self.data = data
        self.world = World()
        self.payments: list[str] = []
        self.world.say("invoicing", customer())
        self.world.say("payments", bank_account())
        self.world.deliver("payments", "invoicing")
        order, note = order_document("CO", self.amount()), self.amount()
        delivered = order_document("BL", note, kind="delivery_note", **link("CO"))
        drawn_up = draft("FB", self.amount(), **link("CO"))
        total = self.amount()
        note_of: dict[str, Any] = {"corrects": named("FA"), "takes_over": named("BL")}
        steps: list[Event] = [
            order,
            delivered,
            drawn_up,
            document("FA", total, **link("BL")),
            draft("FB", self.amount(), **link("CO")),
            document("AV", total, kind="credit_note", **note_of),
        ]
        ends: list[Event] = [cancelled(drawn_up), document("FB", self.amount(), **link("CO"))]
        self.steps: list[Event] = [*steps, self.draw(*ends), cancelled(delivered)]

    def draw(self, *choices: Any) -> Any:
        return self.data.draw(st.sampled_from(choices))

    def amount(self) -> str:
        return decimal_text(self.data.draw(CENTS))

    def happen(self, steps: int) -> None:
        for _ in range(steps):
            what = self.draw("invoicing", "pay", "take back", *["deliver"] * 5)
            if what == "invoicing" and self.steps:
                self.world.say("invoicing", self.steps.pop(0))
            elif what == "pay":
                self.pay()
            elif what == "take back" and self.payments:
                self.take_back()
            elif waiting := self.world.undelivered():
                self.world.deliver(*self.draw(*waiting))

    def pay(self) -> None:
        name = f"P{len(self.payments)}"
        targets = self.data.draw(st.lists(st.sampled_from(NAMES), max_size=2, unique=True))
        confirm = (RECORD_PREPAYMENT, *self.draw((), (KEEP_AS_CREDIT,)))
        command = record(name, self.amount(), *targets, method="cash", confirm=confirm)
        facts = self.world.ask("payments", command)
        self.payments += [name for fact in facts if isinstance(fact, PaymentRecorded)]

    def take_back(self) -> None:
        name = self.draw(*self.payments)
        refund = give_back(f"R{name}", "1.00", refunds=[Target("payment", named(name))])
        self.world.ask("payments", self.draw(reverse(name), refund))


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_three_services_agree_on_what_is_held(data: Any) -> None:
    sale = Sale(data)
    sale.happen(40)
    world = sale.world
    world.deliver_everything()
    ours = world.memories["reconciliation"]
    left = {row.prepayment_id: row for row in ours.rows(Prepayment) if row.left_cents}
    kept = {document.document_id: 0 for document in ours.rows(SaleDocument)}
    for row in left.values():
        kept[row.document_id] += row.left_cents
    for seen in world.memories["invoicing"].rows(Document):
        payable = world.memories["payments"].row(PayableDocument, seen.document_id)
        held_cents = kept.get(seen.document_id, 0)
        assert (seen.prepaid_cents, payable.held_cents) == (held_cents, held_cents)
        assert seen.owed or seen.passed_on_cents == payable.passed_on_cents
        assert payable.pending_cents == 0
        assert not (seen.owed and held_cents)
    for payment in world.memories["payments"].rows(Payment):
        item = ours.row(Item, f"payment/{payment.payment_id}")
        assert (payment.held_cents, payment.allocated_cents) == (
            item.held_cents,
            item.allocated_cents,
        )
        assert item.available_cents >= 0
    for name, memory in world.memories.items():
        again = world.replayed(name, lambda ready: sale.draw(*ready))
        assert again.tables() == memory.tables(), name
