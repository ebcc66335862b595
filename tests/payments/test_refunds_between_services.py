"""If these failed, a refund would wait for ever for what somebody gave away meanwhile."""

from msgspec.structs import replace

from cli.conservation.checker import check
from services.payments.domain.refund import ReverseRefund
from services.payments.domain.refundable import RefundClaim, Target
from services.reconciliation.domain.item import Allocation
from shared.events.shortfalls import RefundShortfall
from shared.money import Money
from shared.seal import Entry
from tests.facts import MARTIN, TODAY, bank_account, customer, named, purchase
from tests.payments.words import give_back, record
from tests.payments.world import World
from tests.reconciliation.words import allocate, release


def test_a_refund_that_was_allocated_by_hand_and_reversed_is_replayed_as_it_was() -> None:
    world = World()
    world.say("invoicing", customer())
    world.say("payments", bank_account())
    world.deliver_everything()
    world.ask("payments", record("P0", "5.00"))
    world.ask("payments", give_back("R0", "5.00"))
    world.deliver_everything()
    assert world.ask("reconciliation", allocate("A0", "P0", "R0", "5.00"))
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
    assert world.ask("payments", give_back("R0", "1.00", customer_id=MARTIN, refunds=paid))
    world.deliver_everything()
    (link,) = world.memories["reconciliation"].rows(Allocation)
    assert world.ask("reconciliation", release(link))
    world.deliver_everything()
    assert world.ask("reconciliation", allocate("A0", "B0", "R0", "1.00"))
    assert world.ask("payments", give_back("R1", "1.00", customer_id=MARTIN, refunds=paid))
    world.deliver_everything()
    (claim,) = (
        c for c in world.memories["payments"].rows(RefundClaim) if c.refund_id == named("R1")
    )
    assert (claim.used_cents, claim.pending_cents) == (0, 0)
    entries = [each.entry for journal in world.journals.values() for each in journal]
    assert check(entries).finished, check(entries)
    for untrue in ({"asked": Money(101)}, {"allocated": Money(1)}, {"refund_id": named("R0")}):
        forged = [
            replace(e, fact=e.fact.model_copy(update=untrue)) if _short(e) else e for e in entries
        ]
        assert check(forged).violation, untrue


def _short(entry: Entry) -> bool:
    return isinstance(entry.fact, RefundShortfall)
