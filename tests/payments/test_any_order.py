"""Facts of three journals in any order say the same, and the three services agree in the end."""

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from services.invoicing.domain.document import Document
from services.payments.domain.amounts import AmountOverPayable, InvoiceIsSettled
from services.payments.domain.changing_refund import CorrectRefund
from services.payments.domain.confirming import OPEN_BANK_DEPOSIT
from services.payments.domain.deposit import BankDeposit
from services.payments.domain.payable import PayableDocument
from services.payments.domain.payment import Payment
from services.payments.domain.refund import ReverseRefund
from services.payments.domain.refundable import RefundClaim, Target
from services.reconciliation.domain.allocation import AllocateByHand, ReleaseAllocation
from services.reconciliation.domain.item import Allocation, Item
from shared.events.payments import PaymentRecorded, RefundRecorded
from shared.money import Money, decimal_text
from tests.facts import MARTIN, TODAY, bank_account, customer, document, named, purchase
from tests.payments.words import (
    CREDIT,
    correct,
    give_back,
    policy,
    record,
    reverse,
    take_as_returned,
    with_invoice,
)
from tests.payments.world import World

CENTS = st.integers(1, 1_000)
DOCUMENTS = ["F0", "F1", "F2"]


class Story:
    """What happens to a world: people ask, facts arrive, in the order that is drawn."""

    def __init__(self, data: Any) -> None:
        self.data = data
        self.world = World()
        self.names: list[str] = []
        self.refunds: list[str] = []
        self.owed: list[str] = []
        self.paid_out: list[str] = []
        self.world.say("invoicing", customer(), customer(MARTIN, role="supplier"))
        self.world.say("payments", bank_account())
        if self.flag():
            self.world.ask("payments", policy(write_off_account="658"))
        for _ in range(2):
            self.world.deliver("payments", "invoicing")

    def draw(self, *choices: Any) -> Any:
        return self.data.draw(st.sampled_from(choices))

    def flag(self) -> bool:
        return bool(self.data.draw(st.booleans()))

    def happen(self, steps: int) -> None:  # noqa: C901 - one branch for each thing that happens
        left = list(DOCUMENTS)
        for _ in range(steps):
            what = self.draw(
                *("validate", "pay", "pay", "take back", "by hand", "refund", "owe", "owe"),
                *["deliver"] * 6,
            )
            if what == "owe":
                self.owe()
            elif what == "validate" and left:
                kind = self.draw("invoice", "invoice", "credit_note")
                total = decimal_text(self.data.draw(CENTS))
                self.world.say("invoicing", document(left.pop(), total, kind=kind))
            elif what == "pay":
                self.pay()
            elif what == "take back" and self.names:
                self.take_back()
            elif what == "refund" and self.refunds:
                self.change_refund()
            elif what == "by hand":
                self.by_hand()
            elif waiting := self.world.undelivered():
                self.world.deliver(*self.draw(*waiting))

    def pay(self) -> None:
        name = f"P{len(self.names)}"
        amount = decimal_text(self.data.draw(CENTS))
        targets = self.data.draw(st.lists(st.sampled_from(DOCUMENTS), max_size=2, unique=True))
        confirm = (*(CREDIT if self.flag() else ()), OPEN_BANK_DEPOSIT)
        deposit = self.draw(None, "REM")
        command = record(
            name, amount, *targets, method="cash", confirm=confirm, bank_deposit=deposit
        )
        if self.flag():
            closing = [applied._replace(closes=True) for applied in command.applies_to]
            command = replace(command, applies_to=closing)
        if self.world.ask("payments", command):
            self.names.append(name)

    def owe(self) -> None:
        """Buy something, pay it, or take back what went out."""
        what = self.draw("buy", "pay out", "pay out", "take back")
        if what == "buy" or not self.owed:
            self.buy()
        elif what == "pay out" or not self.paid_out:
            self.pay_out()
        else:
            refund_id = named(self.draw(*self.paid_out))
            facts: Any = {"reason": "erreur", "reversed_on": None, "today": TODAY}
            self.world.ask("payments", ReverseRefund(refund_id=refund_id, **facts))

    def buy(self) -> None:
        name, total = f"B{len(self.owed)}", decimal_text(self.data.draw(CENTS))
        kind = self.draw("purchase_invoice", "expense_note")
        self.world.say("invoicing", purchase(name, total, kind=kind, customer_id=MARTIN))
        self.owed.append(name)

    def pay_out(self) -> None:
        """Pay one or two of what we owe; payments has heard of them, reconciliation may not."""
        while self.world.read["payments", "invoicing"] < len(self.world.journals["invoicing"]):
            self.world.deliver("payments", "invoicing")
        owed = self.data.draw(st.lists(st.sampled_from(self.owed), min_size=1, max_size=2))
        closes = self.flag()
        targets = [Target("document", named(name), closes=closes) for name in dict.fromkeys(owed)]
        name = f"O{len(self.paid_out)}"
        amount = decimal_text(self.data.draw(CENTS | st.just(0)))
        if self.world.ask("payments", give_back(name, amount, customer_id=MARTIN, refunds=targets)):
            self.paid_out.append(name)

    def take_back(self) -> None:
        name = self.draw(*self.names)
        new = f"{name}'"
        as_new = record(new, decimal_text(self.data.draw(CENTS)), self.draw(*DOCUMENTS))
        refund = give_back(f"R{name}", "1.00", refunds=[Target("payment", named(name))])
        command = self.draw(reverse(name), take_as_returned(name), correct(name, as_new), refund)
        facts = self.world.ask("payments", command)
        self.names += [new for fact in facts if isinstance(fact, PaymentRecorded)]
        self.refunds += [f"R{name}" for fact in facts if isinstance(fact, RefundRecorded)]

    def change_refund(self) -> None:
        name = self.draw(*self.refunds)
        target = Target("payment", named(self.draw(*self.names)))
        as_new = give_back(f"{name}'", "2.00", refunds=[target])
        reason: dict[str, Any] = {"refund_id": named(name), "reason": "erreur"}
        command = self.draw(
            ReverseRefund(reversed_on=None, today=TODAY, **reason),
            CorrectRefund(on=TODAY, refund=as_new, **reason),
        )
        facts = self.world.ask("payments", command)
        self.refunds += [f"{name}'" for fact in facts if isinstance(fact, RefundRecorded)]

    def by_hand(self) -> None:
        memory = self.world.memories["reconciliation"]
        live = [a for a in memory.rows(Allocation) if a.released_on is None]
        sides: dict[str, list[Item]] = {"credit": [], "debit": []}
        for item in memory.rows(Item):
            if item.open_cents:
                sides[item.side].append(item)
        if live and self.flag():
            chosen = self.draw(*[link.allocation_id for link in live])
            command: Any = ReleaseAllocation(allocation_id=chosen, reason="erreur", on=TODAY)
            self.world.ask("reconciliation", command)
        elif all(sides.values()):
            credit, debit = (sides[side][0] for side in ("credit", "debit"))
            command = AllocateByHand(
                allocation_id=named(f"A{len(memory.rows(Allocation))}"),
                credit=credit.ref,
                debit=debit.ref,
                amount=Money(min(credit.open_cents, debit.open_cents)),
                on=TODAY,
                request_sha256="",
            )
            self.world.ask("reconciliation", command)


def claims_that_hold(world: World) -> list[RefundClaim]:
    """Return what refunds that were not reversed take of what we owe."""
    claims = world.memories["payments"].rows(RefundClaim)
    return [c for c in claims if c.target.startswith("document/") and not c.dropped]


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_three_services_agree_whatever_reaches_whom_first(data: Any) -> None:
    story = Story(data)
    story.happen(30)
    world = story.world
    world.deliver_everything()
    items = {item.item: item for item in world.memories["reconciliation"].rows(Item)}
    for seen in world.memories["invoicing"].rows(Document):
        item = items[f"document/{seen.document_id}"]
        assert seen.paid_cents == item.allocated_cents
        assert seen.settled == (seen.kind == "invoice" and item.open_cents == 0)
        payable = world.memories["payments"].row(PayableDocument, seen.document_id)
        assert payable.allocated_cents == item.allocated_cents
        assert payable.pending_cents == 0
        assert payable.difference_cents == item.declared_cents == seen.declared_cents
        owing = item.amount_cents - item.allocated_cents - item.declared_cents
        assert seen.outstanding_cents == owing >= 0
    assert all(c.pending_cents == 0 for c in claims_that_hold(world))
    for deposit in world.memories["payments"].rows(BankDeposit):
        rows = world.memories["payments"].rows(Payment)
        held = [row.amount_cents for row in rows if row.bank_deposit == deposit.bank_deposit]
        assert (deposit.payment_count, deposit.total_cents) == (len(held), sum(held))
    for payment in world.memories["payments"].rows(Payment):
        assert payment.allocated_cents == items[f"payment/{payment.payment_id}"].allocated_cents

    used: Counter[str] = Counter()
    for link in world.memories["reconciliation"].rows(Allocation):
        if link.released_on is None and link.debit_item.startswith("refund/"):
            used[f"{link.debit_item.removeprefix('refund/')}/{link.credit_item}"] += (
                link.amount_cents
            )
    for claim in world.memories["payments"].rows(RefundClaim):
        assert claim.used_cents == used[claim.claim]

    for name, memory in world.memories.items():
        again = world.replayed(name, lambda ready: story.draw(*ready))
        assert again.tables() == memory.tables(), name


@settings(max_examples=80, deadline=None)
@given(st.lists(CENTS, max_size=12), st.integers(0, 600))
def test_payments_of_one_invoice_never_exceed_its_total_and_the_tolerance(
    amounts: list[int], tolerance: int
) -> None:
    memory = with_invoice("10.00")
    memory.when(policy(decimal_text(tolerance)))
    accepted = 0
    for number, cents in enumerate(amounts):
        done = memory.when(record(f"P{number}", decimal_text(cents), "FA1"))
        room = 1_000 - accepted
        if done.refusal is None:
            accepted += done.only(PaymentRecorded).amount.cents
            assert accepted <= 1_000 + tolerance
        elif room > 0:
            assert isinstance(done.refusal, AmountOverPayable)
            assert cents > room + tolerance
        else:
            assert isinstance(done.refusal, InvoiceIsSettled)
