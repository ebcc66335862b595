"""Each step of a sequence by its name; what people give up, or do to allocations by hand."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from hypothesis import strategies as st

from shared.money import decimal_text
from tests.journeys.any_books import Open
from tests.journeys.any_sequence import ON, ORDERS, WHY, People, Pick

CUSTOMERS_MAX = 2
PICKS = st.lists(st.integers(0, 999), min_size=8, max_size=8)
FACTS = (0, 1, 4, 16, 64)  # how many travel before a step
_DATED = {"on": ON}


def pay_early(people: People, pick: Pick) -> object:
    """Pay an invoice less a discount: all that is left, or a part; as agreed, or more.

    Often an invoice that is validated with it, once everybody knows that.
    """
    discounted = pick.number(2) and people.invoice(pick)
    if discounted:
        people.books.travel_all()
    owed = people.those("validated", "invoice")
    target = owed[-1] if discounted else pick.one(owed)
    discount = pick.one([decimal_text(target.cents // 10), pick.cents(50)])
    part = pick.one([{}, *[{"amount": pick.cents()}] * 2])
    body = people.paying(pick, [target], **part)
    body["applies_to"] = [{"document_id": target.document_id, "discount": discount, **part}]
    body["confirm"] = [*body["confirm"], *pick.one([["grant-discount"], []])]
    return people.record(body)


def close_short(people: People, pick: Pick) -> object:
    """Pay less than is owed, for all of it (soldé)."""
    target = pick.one(people.those("validated", "invoice"))
    body = people.paying(pick, [target], amount=pick.cents(target.cents))
    body["applies_to"] = [{"document_id": target.document_id, "closes": True}]
    return people.record(body)


def _sides(people: People, pick: Pick) -> tuple[list[Open], list[Open]]:
    """Return what is open on the account of a customer: credits, debits."""
    items = people.books.items(pick.one(people.customers))
    credits_, debits = ([i for i in items if i.side == side] for side in ("credit", "debit"))
    return credits_, debits


def allocate(people: People, pick: Pick) -> object:
    """Allocate by hand what is open."""
    credits_, debits = _sides(people, pick)
    if not (credits_ and debits):
        return None
    credit, debit = pick.one(credits_), pick.one(debits)
    most = min(credit.cents, debit.cents)
    amount = pick.one([decimal_text(most), pick.cents(most)])
    body = {"credit": credit.name, "debit": debit.name, "amount": amount} | _DATED
    return people.ask("reconciliation", f"/allocations/{people.name('A')}", body)


def release(people: People, pick: Pick) -> object:
    """Release an allocation, whoever made it."""
    live = people.books.allocations()
    if not live:
        return None
    return people.ask("reconciliation", f"/allocations/{pick.one(live)}/release", WHY | _DATED)


def reallocate(people: People, pick: Pick) -> object:
    """Release an allocation and make another in its place."""
    live = people.books.allocations()
    credits_, debits = _sides(people, pick)
    if not (live and credits_ and debits):
        return None
    credit, debit = pick.one(credits_), pick.one(debits)
    amount = pick.cents(min(credit.cents, debit.cents))
    move = {"credit": credit.name, "debit": debit.name, "amount": amount}
    body = {"releases": [pick.one(live)], "allocations": [move]} | WHY | _DATED
    return people.ask("reconciliation", f"/reallocations/{people.name('X')}", body)


def settle(people: People, pick: Pick) -> object:
    """Settle what is owed, or prepay an order, with what a customer has."""
    credits_, debits = _sides(people, pick)
    orders = [{"kind": "document", "id": d.document_id} for d in people.those("validated", *ORDERS)]
    owed = [*(debit.name for debit in debits), *orders]
    if not (credits_ and owed):
        return None
    credit = pick.one(credits_)
    most = pick.one([{}, {"amount": pick.cents(credit.cents)}])
    body = {"owed": [pick.one(owed)], "available": [credit.name | most]} | _DATED
    return people.ask("reconciliation", f"/settlements/{people.name('S')}", body)


def match(people: People, pick: Pick) -> object:
    """Match a credit and a debit item, or several."""
    customer_id = pick.one(people.customers)
    items = [item.name for item in people.books.items(customer_id)]
    if len(items) < 2:
        return None
    count = 2 + pick.number(len(items) - 1)
    body = {"customer_id": customer_id, "items": items[:count], "matched_on": ON}
    return people.ask("reconciliation", f"/matchings/{people.name('M')}", body)


def write_off(people: People, pick: Pick) -> object:
    """Accept a difference as loss or gain."""
    body = {"customer_id": pick.one(people.customers), "side": pick.one(["loss", "gain"])}
    body |= {"amount": pick.cents(), **WHY, **_DATED}
    return people.ask("reconciliation", f"/write-offs/{people.name('W')}", body)


def free(people: People, pick: Pick) -> object:
    """Free a prepayment by hand."""
    held = people.books.prepayments()
    if not held:
        return None
    return people.ask("reconciliation", f"/prepayments/{pick.one(held)}/release", WHY | _DATED)


def wait(people: People, _pick: Pick) -> object:
    """Let every fact reach everybody."""
    people.books.travel_all()
    return True


# ── all of them ─────────────────────────────────────────────────────────────────


class Step(NamedTuple):
    """What people do, and when there is something to do it with."""

    do: Callable[[People, Pick], object]
    when: Callable[[People], object] = lambda _people: True


STEPS: Final[Mapping[str, Step]] = {
    "register": Step(People.register, lambda people: len(people.customers) < CUSTOMERS_MAX),
    "order": Step(People.order),
    "invoice": Step(People.invoice),
    "prepayment_invoice": Step(People.prepayment_invoice),
    "draw_up": Step(People.draw_up),
    "draw_up_anew": Step(People.draw_up_anew, lambda people: people.drafts),
    "validate": Step(People.validate, lambda people: people.drafts),
    "cancel": Step(People.cancel, lambda people: people.prepayable),
    "credit_note": Step(People.credit_note),
    "cancel_note": Step(
        People.cancel_note, lambda people: people.those("validated", "credit_note")
    ),
    "sell": Step(People.sell),
    "pay": Step(People.pay),
    "pay_early": Step(pay_early, lambda people: people.those("validated", "invoice")),
    "prepay": Step(People.prepay, lambda people: people.prepayable),
    "close_short": Step(close_short, lambda people: people.those("validated", "invoice")),
    "reverse": Step(People.reverse, lambda people: people.payments),
    "bounce": Step(People.bounce, lambda people: people.payments),
    "correct": Step(People.correct, lambda people: people.payments),
    "refund": Step(People.refund),
    "reverse_refund": Step(People.reverse_refund, lambda people: people.refunds),
    "allocate": Step(allocate),
    "release": Step(release),
    "reallocate": Step(reallocate),
    "settle": Step(settle),
    "match": Step(match),
    "write_off": Step(write_off),
    "free": Step(free),
    "wait": Step(wait),
}
OFTEN: Final = [*STEPS, *["sell", "invoice", "prepay", "release", "cancel", "pay"] * 2]


def may(people: People, step: str) -> bool:
    """Say whether there is something to do a step with."""
    return bool(STEPS[step].when(people))


def play(people: People, step: str, numbers: Iterable[int]) -> bool:
    """Let some facts travel, then do a step; say whether it was accepted."""
    pick = Pick(numbers)
    people.books.travel(pick.one, pick.one(FACTS))
    return may(people, step) and bool(STEPS[step].do(people, pick))
