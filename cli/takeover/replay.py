"""Replaying a plan through the public APIs: customers, documents, money, matching.

Each stage waits until the service it goes to knows what it stands on. A request that is
refused is kept with its reason and does not stop the others; sending the whole plan again
changes nothing, because every id follows from the file.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, TypeVar

from cli.client import Client, ProblemError
from cli.takeover import bodies
from cli.takeover.items import (
    Adjustment,
    BankAccount,
    Customer,
    Document,
    Item,
    Matching,
    OpeningBalance,
    Payment,
    Plan,
    Refund,
)

_AT_ONCE = 48
_BULK = 1_000
_LANES = 2  # requests at once where customers don't depend on one another
Sent = Customer | Item | Matching
T = TypeVar("T")
S = TypeVar("S", bound=Sent)


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


async def side_by_side(*works: Coroutine[Any, Any, None]) -> None:
    """Do several things at once; the first that fails ends the others, and is raised."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


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
        """Send everything: invoices and money side by side, each in its order, then what joins."""
        plan = self._plan
        await self._stage("bank accounts", plan.bank_accounts, self._bank_account)
        await self._bulk("customers", "invoicing", [plan.customers], self._customer)
        await self._arrive("payments")
        await side_by_side(self._documents(), self._money())
        await self._arrive("reconciliation")
        differences = (*plan.write_offs, *plan.adjustments)
        await self._stage("write-offs", differences, self._write_off)
        await self._matchings()
        await self._arrive_everywhere()
        return self.outcome

    async def _documents(self) -> None:
        sales: list[Document | OpeningBalance] = [
            *self._plan.opening_balances,
            *self._plan.documents,
        ]
        await self._bulk("documents", "invoicing", [sales], self._document)

    async def _money(self) -> None:
        await self._bulk("payments", "payments", [self._plan.payments], self._payment)
        given_back = (*self._plan.refunds, *self._plan.returned_payments)
        await self._stage("refunds and returns", given_back, self._given_back)

    async def _matchings(self) -> None:
        """Match each customer's groups in their order, since that gives them their codes."""
        whole = [m for m in self._plan.matchings if m.balanced and len(m.item_keys) > 1]
        whole.sort(key=lambda m: (m.customer, m.matched_on, m.code))
        lanes: list[list[Matching]] = [[] for _ in range(_LANES)]
        for number, (_, own) in enumerate(groupby(whole, key=lambda m: m.customer)):
            lanes[number % _LANES].extend(own)
        await self._bulk("matchings", "reconciliation", lanes, self._matching)

    async def _bulk(
        self,
        what: str,
        service: str,
        lanes: Sequence[Sequence[S]],
        named: Callable[[S], dict[str, Any]],
    ) -> None:
        """Send the things of each lane in their order, many in one request; lanes side by side."""
        started, total, done = time.perf_counter(), sum(map(len, lanes)), 0

        async def send(things: Sequence[S]) -> None:
            nonlocal done
            for start in range(0, len(things), _BULK):
                batch = things[start : start + _BULK]
                body = {"items": list(map(named, batch))}
                answer = await self._client.post(service, f"/{what}/bulk", body)
                for thing, outcome in zip(batch, answer["outcomes"], strict=True):
                    if outcome["outcome"] == "refused":
                        self._refuse(thing, str(ProblemError(outcome["problem"])))
                done += len(batch)
                self._report(what, done, total)

        self._report(what, 0, total)
        await side_by_side(*map(send, lanes))
        self.outcome.stages.append(Stage(what, total, time.perf_counter() - started))

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
        await side_by_side(*(work() for _ in range(min(_AT_ONCE, len(things)))))
        seconds = time.perf_counter() - started
        self.outcome.stages.append(Stage(name, len(things), seconds))

    async def _arrive(self, service: str) -> None:
        """Wait until a service knows what the others were sent."""
        await self._wait(f"waiting for {service}", self._client.wait_until_followed(service))

    async def _arrive_everywhere(self) -> None:
        await self._wait("waiting for all services", self._client.wait_until_caught_up())

    async def _wait(self, what: str, waiting: Awaitable[object]) -> None:
        started = time.perf_counter()
        self._report(what, 0, 1)
        await waiting
        self._report(what, 1, 1)
        self.outcome.stages.append(Stage(what, 1, time.perf_counter() - started))

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

    def _customer(self, customer: Customer) -> dict[str, Any]:
        name = bodies.customer_id(self._ledger, customer.key)
        return {"id": str(name), **bodies.customer_body(customer)}

    def _document(self, item: Document | OpeningBalance) -> dict[str, Any]:
        name = bodies.item_id(self._ledger, item.key)
        return {"id": str(name), **bodies.document_body(self._ledger, item)}

    def _payment(self, payment: Payment) -> dict[str, Any]:
        name = bodies.item_id(self._ledger, payment.key)
        return {"id": str(name), **bodies.payment_body(self._ledger, payment, self._banks)}

    def _matching(self, matching: Matching) -> dict[str, Any]:
        name = bodies.matching_id(self._ledger, matching)
        return {"id": str(name), **bodies.matching_body(self._ledger, matching, self._items)}

    async def _bank_account(self, account: BankAccount) -> None:
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

    async def _write_off(self, item: Adjustment) -> None:
        path = f"/write-offs/{bodies.item_id(self._ledger, item.key)}"
        await self._put(item, "reconciliation", path, bodies.write_off_body(self._ledger, item))
