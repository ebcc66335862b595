"""If these failed, a refund would wait for ever for what somebody gave away meanwhile."""

from msgspec.structs import replace

from cli.conservation.checker import check
from services.payments.domain.refund import ReverseRefund
from services.payments.domain.refundable import RefundClaim, Target
from services.reconciliation.domain.allocation import AllocateByHand, ReleaseAllocation
from services.reconciliation.domain.item import Allocation
from shared.events.reconciliation import ItemRef
from shared.events.shortfalls import RefundShortfall
from shared.money import Money
from shared.seal import Entry
from tests.facts import MARTIN, TODAY, bank_account, customer, named, purchase
from tests.payments.words import (
    give_back,
    record,
)
from tests.payments.world import World


def test_a_refund_that_was_allocated_by_hand_and_reversed_is_replayed_as_it_was() -> None:
    world = World()
    world.say("invoicing", customer())
    world.say("payments", bank_account())
    world.deliver_everything()
    world.ask("payments", record("P0", "5.00"))
    world.ask("payments", give_back("R0", "5.00"))
    world.deliver_everything()
    by_hand = AllocateByHand(
        allocation_id=named("A0"),
        credit=ItemRef(kind="payment", id=named("P0")),
        debit=ItemRef(kind="refund", id=named("R0")),
        amount=Money(500),
        on=TODAY,
        request_sha256="",
    )
    assert world.ask("reconciliation", by_hand)
    world.deliver_everything()
    (claim,) = world.memories["payments"].rows(RefundClaim)
    assert (claim.used_cents, claim.pending_cents) == (500, 0)
    reversal = ReverseRefund(refund_id=named("R0"), reason="erreur", reversed_on=None, today=TODAY)
    assert world.ask("payments", reversal)
    world.deliver_everything()
    (claim,) = world.memories["payments"].rows(RefundClaim)
    assert (claim.used_cents, claim.dropped) == (0, True)
    ours_first = world.replayed("payments", lambda ready: max(ready, key="payments".__eq__))
    assert ours_first.tables() == world.memories["payments"].tables()


def test_what_was_given_away_by_hand_meanwhile_is_waited_for_no_longer() -> None:
    world = World()
    owed = purchase("B0", "1.00", customer_id=MARTIN, number="FA1")
    world.say("invoicing", customer(MARTIN, role="supplier"), owed)
    world.say("payments", bank_account())
    world.deliver_everything()
    paid = [Target("document", named("B0"))]
    assert world.ask("payments", give_back("O0", "1.00", customer_id=MARTIN, refunds=paid))
    world.deliver_everything()
    (link,) = world.memories["reconciliation"].rows(Allocation)
    release = ReleaseAllocation(allocation_id=link.allocation_id, reason="erreur", on=TODAY)
    assert world.ask("reconciliation", release)
    world.deliver_everything()
    by_hand = AllocateByHand(
        allocation_id=named("A0"),
        credit=ItemRef(kind="document", id=named("B0")),
        debit=ItemRef(kind="refund", id=named("O0")),
        amount=Money(100),
        on=TODAY,
        request_sha256="",
    )
    assert world.ask("reconciliation", by_hand)
    assert world.ask("payments", give_back("O1", "1.00", customer_id=MARTIN, refunds=paid))
    world.deliver_everything()
    (claim,) = (
        c for c in world.memories["payments"].rows(RefundClaim) if c.refund_id == named("O1")
    )
    assert (claim.used_cents, claim.pending_cents) == (0, 0)
    entries = [each.entry for journal in world.journals.values() for each in journal]
    assert check(entries).finished, check(entries)
    for untrue in ({"asked": Money(101)}, {"allocated": Money(1)}, {"refund_id": named("O0")}):
        forged = [
            replace(e, fact=e.fact.model_copy(update=untrue)) if _short(e) else e for e in entries
        ]
        assert check(forged).violation, untrue


def _short(entry: Entry) -> bool:
    return isinstance(entry.fact, RefundShortfall)
