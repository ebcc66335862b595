"""If these failed, money could be in two places, or nowhere, after things nobody thought of."""

import asyncio
import sys
from collections import Counter
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from typing_extensions import override

from cli.conservation import check, read
from deploy.local.stack import Stack
from shared.seal import Entry
from tests.books import PLAIN_HTTP
from tests.books import Books as RealBooks
from tests.journeys import any_checks as checks
from tests.journeys.any_books import HttpBooks, MemoryBooks
from tests.journeys.any_sequence import People
from tests.journeys.any_steps import OFTEN, PICKS, STEPS, may, play

ACCEPTED: Counter[str] = Counter()


class Sequences(RuleBasedStateMachine):
    """Four services in memory; what is done, and what reaches whom when, is drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.books = MemoryBooks()
        self.people = People(self.books)

    @initialize()
    def open(self) -> None:
        self.people.open()

    @invariant()
    def all_is_right(self) -> None:
        checks.always(self.books)

    @override
    def teardown(self) -> None:
        if sys.exception():
            return
        self.books.travel_all()
        checks.always(self.books)
        checks.in_the_end(self.books)


def _rule(step: str) -> Any:
    def played(self: Sequences, pick: list[int]) -> None:
        ACCEPTED[step] += play(self.people, step, pick)

    played.__name__ = step
    return precondition(lambda self: may(self.people, step))(rule(pick=PICKS)(played))


for _number, _step in enumerate(OFTEN):
    setattr(Sequences, f"{_step}_{_number}", _rule(_step))


@pytest.mark.feature("S5-34", "S5-35")
@pytest.mark.parametrize(
    ("examples", "steps", "same"),
    [
        pytest.param(100, 40, True, id="some"),
        pytest.param(2_000, 60, False, id="many", marks=pytest.mark.fuzz),
    ],
)
def test_no_sequence_leaves_a_negative_balance_or_a_cent_in_two_places(
    examples: int, steps: int, *, same: bool
) -> None:
    """Always the same hundred; `make fuzz ARGS=tests/journeys` looks for others."""
    ACCEPTED.clear()
    chosen = settings(max_examples=examples, stateful_step_count=steps, derandomize=same)
    run_state_machine_as_test(Sequences, settings=chosen)
    never = [step for step in STEPS if not ACCEPTED[step]]
    assert not never, ACCEPTED


def test_a_payment_made_before_its_draft_was_heard_of_has_a_place_in_the_order() -> None:
    """Payments did not know the draft, so its entry refers to no validation that came later."""
    books = MemoryBooks()

    def ask(service: str, path: str, **body: Any) -> None:
        assert books.ask(service, path, body), path

    party, note, draft, invoice, paid, link = (str(uuid4()) for _ in range(6))
    said: dict[str, Any] = {"customer_id": party, "issued_on": "2025-08-18"}
    said["lines"] = [{"label": "Prestation", "net": "1.00", "vat_rate": "0"}]
    account = {"label": "CIC", "account": "51210000", "journal_code": "CIC"}
    ask("payments", "/bank-accounts/CIC", **account)
    ask("invoicing", f"/customers/{party}", code="C1", name="Durand", kind="societe")
    books.travel_all()
    ask("invoicing", f"/documents/{note}", kind="credit_note", **said)
    ask("invoicing", f"/drafts/{draft}", kind="invoice", **said)
    of_draft: dict[str, Any] = {
        "applies_to": [{"document_id": draft}],
        "confirm": ["keep-as-credit"],
    }
    ask(
        "payments",
        f"/payments/{paid}",
        customer_id=party,
        amount="1.00",
        method="transfer",
        **of_draft,
    )
    ask("invoicing", f"/documents/{invoice}", kind="invoice", variant="prepayment", **said)
    books.travel_all()
    sides = {
        side: {"kind": "document", "id": name}
        for side, name in (("credit", note), ("debit", invoice))
    }
    ask("reconciliation", f"/allocations/{link}", amount="1.00", **sides)
    books.travel_all()
    ask("invoicing", f"/drafts/{draft}/validation")
    books.travel_all()
    checks.in_the_end(books)


# ── over HTTP and Kafka ─────────────────────────────────────────────────────────

STEP = st.tuples(st.sampled_from(OFTEN), PICKS)


@pytest.mark.feature("S5-34", "S5-35")
@settings(max_examples=5, phases=[Phase.generate], derandomize=True)
@given(steps=st.lists(STEP, min_size=25, max_size=25))
def test_no_sequence_does_so_over_http_and_kafka_either(
    stack: Stack, steps: list[tuple[str, list[int]]]
) -> None:
    with RealBooks(stack, f"any-{uuid4().hex[:8]}") as real:
        books = HttpBooks(real)
        people = People(books)
        people.open()
        for step, numbers in steps:
            play(people, step, numbers)
        books.travel_all()
        entries = asyncio.run(journals(real))
        verdict = check(entries)
        assert verdict.finished, verdict
        assert not books.refused & {str(entry.context.correlation_id) for entry in entries}
        checks.as_shown(real)


async def journals(books: RealBooks) -> list[Entry]:
    """Return the entries of all four journals."""
    async with httpx.AsyncClient(timeout=60, verify=PLAIN_HTTP) as client:
        return (await read(client, books.stack.urls, books.token, books.ledger)).entries
