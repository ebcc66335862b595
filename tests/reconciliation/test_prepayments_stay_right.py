"""Whatever becomes of orders, invoices and payments, no prepayment is lost or in two places."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.reconciliation.domain.allocation import AllocateByHand, ReleaseAllocation
from services.reconciliation.domain.item import Item
from services.reconciliation.domain.sale import Prepayment, SaleDocument
from services.reconciliation.domain.settlement import SettleItems, Side
from shared.events.invoicing import DocumentDrafted, DocumentValidated, OrderDocumentValidated
from shared.events.payments import PaymentRecorded
from shared.events.reconciliation import ItemRef
from shared.money import Money, decimal_text
from tests.facts import (
    DURAND,
    MARTIN,
    TODAY,
    bounce,
    cancelled,
    customer,
    document,
    draft,
    named,
    order_document,
    payment,
    refund,
    reversal,
)
from tests.reconciliation.books import CheckedBooks

CENTS = st.integers(1, 300)
DATA = st.data()
NAMES = [f"D{number}" for number in range(10)]  # documents are paid for before they are there
NEXT = {"quote": ["order"], "order": ["delivery_note"], "delivery_note": []}


class Sales(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.books = CheckedBooks()
        self.books.follow(customer(DURAND), customer(MARTIN))
        self.count = 0
        self.left = list(NAMES)
        self.payments: dict[UUID, PaymentRecorded] = {}
        self.orders: dict[str, OrderDocumentValidated] = {}
        self.drafts: dict[str, DocumentDrafted] = {}
        self.invoices: dict[str, DocumentValidated] = {}

    # ── helpers ─────────────────────────────────────────────────────────────────

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    @property
    def on(self) -> date:
        return TODAY + timedelta(days=self.count)

    def pick(self, data: Any, choices: Any) -> Any:
        return data.draw(st.sampled_from(sorted(choices)))

    def parent(self, data: Any, kind: str) -> dict[str, Any]:
        """Return the link to an order document that this kind may follow, or none."""
        fitting = [
            n for n, o in self.orders.items() if kind == "invoice" or kind in NEXT[str(o.kind)]
        ]
        if not fitting or not data.draw(st.integers(0, 3)):
            return {"customer_id": data.draw(st.sampled_from([DURAND, DURAND, MARTIN]))}
        above = self.orders[self.pick(data, fitting)]
        link = {"follows": above.document_id, "takes_over": above.document_id}
        return {"customer_id": above.customer_id, **link}

    # ── what comes from the other services ──────────────────────────────────────

    @precondition(lambda self: self.left)
    @rule(data=DATA, cents=CENTS, kind=st.sampled_from(["quote", "order", "delivery_note"]))
    def order(self, data: Any, cents: int, kind: str) -> None:
        link, name = self.parent(data, kind), self.left.pop(0)
        fact = order_document(name, decimal_text(cents), kind=kind, **link)
        self.orders[name] = fact
        self.books.follow(fact)

    @precondition(lambda self: self.left or self.drafts)
    @rule(data=DATA, cents=CENTS)
    def draw_up(self, data: Any, cents: int) -> None:
        anew = self.drafts and (not self.left or data.draw(st.booleans()))
        name = self.pick(data, self.drafts) if anew else self.left.pop(0)
        self.drafts[name] = draft(name, decimal_text(cents), **self.parent(data, "invoice"))
        self.books.follow(self.drafts[name])

    @precondition(lambda self: self.left or self.drafts)
    @rule(data=DATA, cents=CENTS)
    def invoice(self, data: Any, cents: int) -> None:
        if self.drafts and (not self.left or data.draw(st.booleans())):
            name = self.pick(data, self.drafts)
            drawn_up = self.drafts.pop(name)
            total = str(drawn_up.total)
            link = {k: getattr(drawn_up, k) for k in ("customer_id", "follows", "takes_over")}
            above = next((o for o in self.orders.values() if o.document_id == link["follows"]), 0)
            if link["follows"] and not above:
                self.drafts[name] = drawn_up
                return
        else:
            name, total, link = self.left.pop(0), decimal_text(cents), self.parent(data, "invoice")
        self.invoices[name] = document(name, total, **link)
        self.books.follow(self.invoices[name])

    @precondition(lambda self: self.invoices and self.left)
    @rule(data=DATA, part=st.integers(1, 100))
    def credit_note(self, data: Any, part: int) -> None:
        of = self.invoices[self.pick(data, self.invoices)]
        item = self.books.row(Item, f"document/{of.document_id}")
        cents = max(1, item.amount_cents * part // 100)
        link: dict[str, Any] = {"corrects": of.document_id, "takes_over": of.takes_over}
        note: dict[str, Any] = {"kind": "credit_note", "customer_id": of.customer_id}
        name = self.left.pop(0)
        fact = document(name, decimal_text(cents), **note, **link)
        self.books.follow(fact)

    @precondition(lambda self: self.orders or self.drafts)
    @rule(data=DATA)
    def cancel(self, data: Any) -> None:
        name = self.pick(data, [*self.orders, *self.drafts])
        given_up = self.orders.pop(name, None) or self.drafts.pop(name)
        self.books.follow(cancelled(given_up))
        assert not [
            row.left_cents
            for row in self.books.rows(Prepayment)
            if row.document_id == given_up.document_id and row.left_cents
        ]

    @rule(data=DATA, cents=CENTS, customer=st.sampled_from([DURAND, DURAND, MARTIN]))
    def pay(self, data: Any, cents: int, customer: UUID) -> None:
        targets = data.draw(st.lists(st.sampled_from(NAMES), max_size=2, unique=True))
        applied, rest = {}, cents
        for target in targets:
            if rest:
                part = data.draw(st.integers(1, rest))
                applied[target], rest = decimal_text(part), rest - part
        fact = payment(self.name("P"), decimal_text(cents), applied, customer_id=customer)
        self.payments[fact.payment_id] = fact
        self.books.follow(fact)

    @precondition(lambda self: self.payments)
    @rule(data=DATA, bounced=st.booleans())
    def take_back(self, data: Any, bounced: bool) -> None:  # noqa: FBT001
        key = self.pick(data, self.payments)
        fact = self.payments.pop(key)
        self.books.follow(bounce(fact, self.on) if bounced else reversal(fact, self.on))
        assert self.books.row(Item, f"payment/{key}").held_cents == 0

    @precondition(lambda self: self.payments)
    @rule(data=DATA, cents=CENTS)
    def refund(self, data: Any, cents: int) -> None:
        of = self.payments[self.pick(data, self.payments)]
        fields = {"refunds_kind": "payment", "refunds_id": of.payment_id}
        whose = {"customer_id": of.customer_id}
        before = self.books.row(Item, f"payment/{of.payment_id}").open_cents
        self.books.follow(refund(self.name("R"), decimal_text(cents), **fields, **whose))
        after = self.books.row(Item, f"payment/{of.payment_id}").open_cents
        assert before - after == min(cents, before)

    # ── what people ask ─────────────────────────────────────────────────────────

    @rule(data=DATA)
    def settle(self, data: Any) -> None:
        given = [i for i in self.books.rows(Item) if i.side == "credit" and i.available_cents]
        invoices = [i.item_id for i in self.books.rows(Item) if i.side == "debit" and i.open_cents]
        carriers = [d.document_id for d in self.books.rows(SaleDocument) if d.capacity_cents]
        if given and (invoices or carriers):
            owed = ItemRef(kind="document", id=self.pick(data, {*invoices, *carriers}))
            credit = data.draw(st.sampled_from(given))
            most = data.draw(st.none() | st.integers(1, credit.available_cents + 1))
            command = SettleItems(
                settlement_id=named(self.name("S")),
                owed=[Side(item=owed)],
                available=[Side(item=credit.ref, amount=Money(most) if most else None)],
                on=self.on,
                request_sha256="",
            )
            self.books.ask(command)

    @rule(data=DATA)
    def allocate_by_hand(self, data: Any) -> None:
        sides = [
            [i for i in self.books.rows(Item) if i.side == side and i.open_cents]
            for side in ("credit", "debit")
        ]
        if all(sides):
            credit, debit = (data.draw(st.sampled_from(side)) for side in sides)
            command = AllocateByHand(
                allocation_id=named(self.name("A")),
                credit=credit.ref,
                debit=debit.ref,
                amount=Money(data.draw(st.integers(1, credit.open_cents))),
                on=self.on,
                request_sha256="",
            )
            facts = self.books.ask(command)
            if facts:
                assert command.amount.cents <= credit.available_cents

    @rule(data=DATA)
    def release(self, data: Any) -> None:
        if self.books.live:
            ids = [link.allocation_id for link in self.books.live]
            key = data.draw(st.sampled_from(ids))
            self.books.ask(ReleaseAllocation(allocation_id=key, reason="erreur", on=self.on))

    @invariant()
    def all_is_right(self) -> None:
        self.books.check()


class TestSales(Sales.TestCase):  # type: ignore[misc,valid-type] # made by Hypothesis
    settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
