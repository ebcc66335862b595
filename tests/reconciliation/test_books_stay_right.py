"""Whatever happens, in any order, no money is counted twice and no cent is lost."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.reconciliation.domain.allocation import AllocateByHand, ReleaseAllocation
from services.reconciliation.domain.item import Item
from services.reconciliation.domain.matching import MatchItems
from services.reconciliation.domain.reallocation import Move, Reallocate
from services.reconciliation.domain.settlement import SettleItems, Side
from services.reconciliation.domain.write_off import DeclareWriteOff
from shared.events.invoicing import PURCHASES
from shared.events.payments import PaymentRecorded
from shared.money import Money, decimal_text
from tests.facts import (
    DURAND,
    MARTIN,
    TODAY,
    bounce,
    customer,
    document,
    named,
    payment,
    purchase,
    refund,
    reversal,
)
from tests.reconciliation.books import CheckedBooks

CENTS = st.integers(1, 300)
KINDS = ["invoice", "invoice", "credit_note", *sorted(PURCHASES)]
DAUGHTER = UUID(int=0xDA)
CUSTOMERS = st.sampled_from([DURAND, DURAND, DAUGHTER, MARTIN])
NAMES = [f"F{number}" for number in range(8)]  # documents are asked for before they are there
DATA = st.data()


class Books(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.books = CheckedBooks()
        self.books.follow(customer(DURAND), customer(MARTIN), customer(DAUGHTER, parent_id=DURAND))
        self.count = 0
        self.payments: dict[UUID, PaymentRecorded] = {}
        self.documents: set[str] = set()

    # ── helpers ─────────────────────────────────────────────────────────────────

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    @property
    def on(self) -> date:
        return TODAY + timedelta(days=self.count)

    def open_items(self, side: str) -> list[str]:
        return [i.item for i in self.books.rows(Item) if i.side == side and i.open_cents]

    def one_of(self, data: Any, keys: list[str]) -> Item:
        return self.books.row(Item, data.draw(st.sampled_from(keys)))

    # ── what comes from the other services ──────────────────────────────────────

    @precondition(lambda self: len(self.documents) < len(NAMES))
    @rule(data=DATA, customer=CUSTOMERS, kind=st.sampled_from(KINDS), rebate=st.booleans())
    def validate_document(
        self,
        data: Any,
        customer: UUID,
        kind: str,
        rebate: bool,  # noqa: FBT001
    ) -> None:
        name = data.draw(st.sampled_from([n for n in NAMES if n not in self.documents]))
        grosses = data.draw(st.lists(CENTS, min_size=1, max_size=3))
        rates = dict(zip(["20", "5.5", "0"], grosses, strict=False))
        if rebate and len(rates) > 1:
            rates["20"] += rates["5.5"] + 1
            rates["5.5"] = -rates["5.5"]
        fields: dict[str, Any] = {"customer_id": customer}
        if kind == "credit_note" and self.documents:
            fields["corrects"] = named(data.draw(st.sampled_from(sorted(self.documents))))
        self.documents.add(name)
        texts = {rate: decimal_text(cents) for rate, cents in rates.items()}
        make: Any = purchase if kind in PURCHASES else document
        self.books.follow(make(name, rates=texts, kind=kind, **fields))

    @rule(data=DATA, customer=CUSTOMERS, cents=CENTS)
    def record_payment(self, data: Any, customer: UUID, cents: int) -> None:
        targets = data.draw(st.lists(st.sampled_from(NAMES), max_size=3, unique=True))
        applied, rest = {}, cents
        for target in targets:
            if rest:
                part = data.draw(st.integers(1, rest))
                applied[target], rest = decimal_text(part), rest - part
        name = self.name("P")
        fact = payment(name, decimal_text(cents), applied, customer_id=customer)
        self.payments[fact.payment_id] = fact
        self.books.follow(fact)

    @precondition(lambda self: self.payments)
    @rule(data=DATA, bounced=st.booleans())
    def take_back(self, data: Any, bounced: bool) -> None:  # noqa: FBT001
        key = data.draw(st.sampled_from(sorted(self.payments)))
        fact = self.payments.pop(key)
        self.books.follow(bounce(fact, self.on) if bounced else reversal(fact, self.on))
        item = self.books.row(Item, f"payment/{key}")
        assert item.open_cents == 0
        (link,) = [a for a in self.books.live if a.credit_item == item.item]
        assert link.debit_item == f"taken_back/{key}"

    @rule(data=DATA, customer=CUSTOMERS, cents=CENTS)
    def refund(self, data: Any, customer: UUID, cents: int) -> None:
        fields = {}
        given_back = self.open_items("credit")
        if given_back and data.draw(st.booleans()):
            of = self.one_of(data, given_back)
            if of.kind in ("payment", "document"):
                fields = {"refunds_kind": of.kind, "refunds_id": of.item_id}
        amount = decimal_text(cents)
        self.books.follow(refund(self.name("R"), amount, customer_id=customer, **fields))

    # ── what people ask ─────────────────────────────────────────────────────────

    @rule(data=DATA)
    def allocate_by_hand(self, data: Any) -> None:
        sides = [self.open_items(side) for side in ("credit", "debit")]
        if all(sides):
            credit, debit = (self.one_of(data, side) for side in sides)
            most = min(credit.open_cents, debit.open_cents)
            cents = data.draw(st.sampled_from([most, most + 1]) | st.integers(1, most))
            command = AllocateByHand(
                allocation_id=named(self.name("A")),
                credit=credit.ref,
                debit=debit.ref,
                amount=Money(cents),
                on=self.on,
                request_sha256="",
            )
            self.books.ask(command)

    @rule(data=DATA)
    def release(self, data: Any) -> None:
        if self.books.live:
            ids = [link.allocation_id for link in self.books.live]
            command = ReleaseAllocation(
                allocation_id=data.draw(st.sampled_from(ids)), reason="erreur", on=self.on
            )
            self.books.ask(command)

    @rule(data=DATA)
    def match(self, data: Any) -> None:
        keys = [item.item for item in self.books.rows(Item)]
        if len(keys) > 1:
            several = st.lists(st.sampled_from(keys), min_size=2, max_size=5, unique=True)
            chosen = [self.books.row(Item, key) for key in data.draw(several)]
            command = MatchItems(
                matching_id=named(self.name("M")),
                customer_id=chosen[0].customer_id,
                items=[item.ref for item in chosen],
                on=self.on,
                request_sha256="",
            )
            self.books.ask(command)

    @rule(data=DATA)
    def settle(self, data: Any) -> None:
        chosen = []
        for side in ("debit", "credit"):
            keys = self.open_items(side)
            if not keys:
                return
            several = st.lists(st.sampled_from(keys), min_size=1, max_size=3)
            rows = [self.books.row(Item, key) for key in data.draw(several)]
            most = [data.draw(st.none() | st.integers(1, row.open_cents)) for row in rows]
            chosen.append(
                [
                    Side(item=row.ref, amount=Money(cents) if cents else None)
                    for row, cents in zip(rows, most, strict=True)
                ]
            )
        owed, available = chosen
        command = SettleItems(
            settlement_id=named(self.name("S")),
            owed=owed,
            available=available,
            on=self.on,
            request_sha256="",
        )
        self.books.ask(command)

    @rule(customer=CUSTOMERS, cents=CENTS, side=st.sampled_from(["credit", "debit"]))
    def write_off(self, customer: UUID, cents: int, side: Any) -> None:
        command = DeclareWriteOff(
            write_off_id=named(self.name("W")),
            customer_id=customer,
            side=side,
            amount=Money(cents),
            reason="écart",
            account=None,
            on=self.on,
            request_sha256="",
        )
        self.books.ask(command)

    @rule(data=DATA)
    def reallocate(self, data: Any) -> None:
        live = {a.allocation_id: a for a in self.books.live if a.origin != "taken_back"}
        debits = [item.item for item in self.books.rows(Item) if item.side == "debit"]
        if not live:
            return
        ids = st.lists(st.sampled_from(sorted(live)), min_size=1, max_size=2, unique=True)
        released, moves = data.draw(ids), []
        for link in (live[key] for key in released):
            of = self.books.row(Item, link.credit_item)
            others = [key for key in self.open_items("credit") if data.draw(st.booleans())]
            credit = self.one_of(data, [of.item, *others])
            debit = self.one_of(data, debits)
            cents = data.draw(st.integers(1, link.amount_cents))
            moves.append(Move(credit=credit.ref, debit=debit.ref, amount=Money(cents)))
        command = Reallocate(
            reallocation_id=named(self.name("X")),
            releases=released,
            moves=moves,
            reason="erreur",
            on=self.on,
            request_sha256="",
        )
        self.books.ask(command)

    @invariant()
    def all_is_right(self) -> None:
        self.books.check()


class TestBooks(Books.TestCase):  # type: ignore[misc,valid-type] # made by Hypothesis
    settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
