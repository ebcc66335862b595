"""A client that imports payments while everything around it is killed.

It names what it makes and repeats what was not answered, as the API documents it; it
remembers what was acknowledged, to hold the journals against.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from cli.client import Client, NotReachableError
from deploy.local.stack import Stack

_BULK = 20
_INVOICES = 60
_TRY_AGAIN = {"/problems/unavailable", "/problems/overloaded"}


@dataclass
class Importer:
    """Imports into one ledger until it is told to stop."""

    client: Client
    acknowledged: dict[UUID, str] = field(default_factory=dict)  # payment to its number
    asked: set[UUID] = field(default_factory=set)
    answers: int = 0
    stopping: bool = False
    _customer: str = field(default_factory=lambda: str(uuid4()))
    _invoices: list[str] = field(default_factory=list)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    @classmethod
    def on(cls, stack: Stack, ledger: str) -> "Importer":
        token = stack.mint_token("importer", {ledger: ["*"]}, 1)
        return cls(Client(ledger, urls=stack.urls, token=token))

    async def prepare(self) -> None:
        """Open the books: a customer, a bank account, and invoices to pay."""
        customer = {"code": "C1", "name": "Durand", "kind": "societe"}
        await self.client.put("invoicing", f"/customers/{self._customer}", customer)
        account = {"label": "CIC", "account": "51210000", "journal_code": "CIC"}
        await self.client.put("payments", "/bank-accounts/CIC", account)
        self._invoices = [str(uuid4()) for _ in range(_INVOICES)]
        for invoice in self._invoices:
            await self.validate(invoice)
        await self.client.wait_until_caught_up()

    async def validate(self, invoice: str) -> None:
        body = {
            "kind": "invoice",
            "customer_id": self._customer,
            "issued_on": "2025-08-18",
            "lines": [{"label": "Prestation", "net": "9000000.00", "vat_rate": "20"}],
        }
        await self._insist(lambda: self.client.put("invoicing", f"/documents/{invoice}", body))

    async def work(self, workers: int = 4) -> None:
        """Import until told to stop; what was begun is finished."""
        await asyncio.gather(*(self._worker(number) for number in range(workers)))

    async def _worker(self, number: int) -> None:
        while not self.stopping:
            if number % 2:
                await self._single()
            else:
                await self._bulk()
            if number == 0:
                await self.validate(str(uuid4()))
            self.answers += 1

    def _payment(self) -> dict[str, Any]:
        count = next(self._numbers)
        body: dict[str, Any] = {
            "customer_id": self._customer,
            "amount": f"{1 + count % 9}.{count % 100:02d}",
            "received_on": "2025-08-19",
            "reference": f"VIR {count}",
        }
        if count % 3:
            body["applies_to"] = [{"document_id": self._invoices[count % _INVOICES]}]
        return body

    async def _single(self) -> None:
        payment_id, body = uuid4(), self._payment()
        self.asked.add(payment_id)
        path = f"/payments/{payment_id}"
        answer = await self._insist(lambda: self.client.put("payments", path, body))
        self.acknowledged[payment_id] = answer["number"]

    async def _bulk(self) -> None:
        left = [{"id": str(uuid4()), **self._payment()} for _ in range(_BULK)]
        self.asked |= {UUID(payment["id"]) for payment in left}
        while left:
            left = await self._send_bulk(left)

    async def _send_bulk(self, payments: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Send payments together; return those that are to be sent again."""
        body = {"items": list(payments)}
        answer = await self._insist(lambda: self.client.post("payments", "/payments/bulk", body))
        again = []
        for payment, outcome in zip(payments, answer["outcomes"], strict=True):
            if outcome["outcome"] != "refused":
                self.acknowledged[UUID(payment["id"])] = outcome["number"]
            else:
                assert outcome["problem"]["type"] in _TRY_AGAIN, outcome
                again.append(payment)
        return again

    @staticmethod
    async def _insist(request: Callable[[], Awaitable[Any]]) -> Any:
        while True:
            try:
                return await request()
            except NotReachableError:
                continue
