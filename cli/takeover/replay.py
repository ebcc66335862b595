"""Replaying a plan through the public APIs: customers, documents, money, matching.

Each stage waits until what it stands on has arrived everywhere. A request that is refused
is kept with its reason and does not stop the others; sending the whole plan again
changes nothing, because every id follows from the file.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from cli.client import Client, ProblemError
from cli.takeover import bodies
from cli.takeover.items import Customer, Document, Item, Matching, OpeningBalance, Plan, Refund

_AT_ONCE = 48
_BULK = 1_000
T = TypeVar("T")
Sent = Customer | Item | Matching


@dataclass(frozen=True, slots=True)
class Refused:
    """An item that a service did not accept, and why."""

    key: str
    customer: str
    lines: tuple[int, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Stage:
    """How long one stage of the replay took, and over how many requests or items."""

    name: str
    count: int
    seconds: float


@dataclass(slots=True)
class Outcome:
    """What was sent, what was refused, and how long each stage took."""

    stages: list[Stage] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


Report = Callable[[str, int, int], None]


class Replay:
    """One plan on its way into one ledger; `report(stage, done, total)` shows how far it is."""

    def __init__(self, client: Client, plan: Plan, report: Report) -> None:
        self._client = client
        self._plan = plan
        self._report = report
        self._ledger = client.ledger
        self._items: dict[str, Item] = {item.key: item for item in plan.items}
        used = Counter(payment.bank_account for payment in plan.payments)
        self._busiest = used.most_common(1)[0][0] if used else ""
        self._banks = {a.account: bodies.bank_code(a) for a in plan.bank_accounts}
        self.outcome = Outcome()

    async def run(self) -> Outcome:
        """Send everything, stage after stage."""
        plan, ledger = self._plan, self._ledger
        await self._stage("bank accounts", plan.bank_accounts, self._bank_account)
        customers = [
            (c, bodies.customer_id(ledger, c.key), bodies.customer_body(c)) for c in plan.customers
        ]
        await self._bulk("customers", "invoicing", customers)
        sales: list[Document | OpeningBalance] = [*plan.opening_balances, *plan.documents]
        documents = [
            (d, bodies.item_id(ledger, d.key), bodies.document_body(ledger, d)) for d in sales
        ]
        await self._bulk("documents", "invoicing", documents)
        await self._arrive()
        payments = [
            (p, bodies.item_id(ledger, p.key), bodies.payment_body(ledger, p, self._banks))
            for p in plan.payments
        ]
        await self._bulk("payments", "payments", payments)
        given_back = (*plan.refunds, *plan.returned_payments)
        await self._stage("refunds and returns", given_back, self._given_back)
        differences = (*plan.write_offs, *plan.adjustments)
        await self._stage("write-offs", differences, self._write_off)
        await self._arrive()
        whole = [m for m in plan.matchings if m.balanced and len(m.item_keys) > 1]
        matchings = [
            (m, bodies.matching_id(ledger, m), bodies.matching_body(ledger, m, self._items))
            for m in sorted(whole, key=lambda m: (m.customer, m.matched_on, m.code))
        ]
        await self._bulk("matchings", "reconciliation", matchings)
        await self._arrive()
        return self.outcome

    async def _bulk(
        self, what: str, service: str, things: Sequence[tuple[Sent, UUID, dict[str, Any]]]
    ) -> None:
        """Send things in their order, a thousand in one request."""
        started = time.perf_counter()
        self._report(what, 0, len(things))
        for start in range(0, len(things), _BULK):
            batch = things[start : start + _BULK]
            items = [{"id": str(name), **body} for _, name, body in batch]
            answer = await self._client.post(service, f"/{what}/bulk", {"items": items})
            for (thing, _, _), outcome in zip(batch, answer["outcomes"], strict=True):
                if outcome["outcome"] == "refused":
                    self._refuse(thing, str(ProblemError(outcome["problem"])))
            self._report(what, start + len(batch), len(things))
        self.outcome.stages.append(Stage(what, len(things), time.perf_counter() - started))

    async def _stage(
        self,
        name: str,
        things: Sequence[T],
        send: Callable[[T], Awaitable[None]],
    ) -> None:
        started = time.perf_counter()
        waiting = iter(things)
        done = 0

        async def work() -> None:
            nonlocal done
            for thing in waiting:
                await send(thing)
                done += 1
                self._report(name, done, len(things))

        self._report(name, 0, len(things))
        await asyncio.gather(*(work() for _ in range(min(_AT_ONCE, len(things)))))
        seconds = time.perf_counter() - started
        self.outcome.stages.append(Stage(name, len(things), seconds))

    async def _arrive(self) -> None:
        started = time.perf_counter()
        self._report("waiting for the services", 0, 1)
        await self._client.wait_until_caught_up()
        self._report("waiting for the services", 1, 1)
        self.outcome.stages.append(Stage("arriving", 1, time.perf_counter() - started))

    async def _put(self, item: Item, service: str, path: str, body: dict[str, Any]) -> None:
        try:
            await self._client.put(service, path, body)
        except ProblemError as problem:
            self._refuse(item, str(problem))

    def _refuse(self, thing: Sent, reason: str) -> None:
        if isinstance(thing, Customer):
            self.outcome.refused.append(Refused(thing.key, thing.key, (), reason))
            return
        key = thing.code if isinstance(thing, Matching) else thing.key
        self.outcome.refused.append(Refused(key, thing.customer, thing.lines, reason))

    async def _bank_account(self, account: Any) -> None:
        path = f"/bank-accounts/{bodies.bank_code(account)}"
        body = bodies.bank_body(account, default=account.account == self._busiest)
        await self._client.put("payments", path, body)

    async def _given_back(self, item: Any) -> None:
        if isinstance(item, Refund):
            path = f"/refunds/{bodies.item_id(self._ledger, item.key)}"
            body = bodies.refund_body(self._ledger, item, self._banks)
        else:
            action = "return" if item.cause == "returned" else "reversal"
            path = f"/payments/{bodies.item_id(self._ledger, item.payment_key)}/{action}"
            body = bodies.taken_back_body(item)
        await self._put(item, "payments", path, body)

    async def _write_off(self, item: Any) -> None:
        path = f"/write-offs/{bodies.item_id(self._ledger, item.key)}"
        await self._put(item, "reconciliation", path, bodies.write_off_body(self._ledger, item))
