"""What people ask of the three services, again and again until they are answered."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from services.invoicing.domain.customer import RegisterCustomer
from services.invoicing.domain.drafting import ValidateDocument
from services.payments.domain.configuring import ConfigureBankAccount
from services.payments.domain.confirming import OPEN_BANK_DEPOSIT
from services.payments.domain.recording import RecordPayment
from services.payments.domain.refund import RecordRefund
from services.payments.domain.refundable import Target
from services.payments.domain.settings import UnknownBankAccount
from services.payments.domain.taking_back import CorrectPayment, ReturnPayment, ReversePayment
from services.reconciliation.domain.allocation import AllocateByHand
from services.reconciliation.domain.matching import MatchItems
from services.reconciliation.domain.write_off import DeclareWriteOff
from shared.decider import Command
from shared.errors import Overloaded, Refusal, Unavailable
from shared.events.invoicing import CustomerRegistered, DocumentValidated
from shared.events.payments import (
    BankAccountConfigured,
    PaymentRecorded,
    PaymentReturned,
    PaymentReversed,
    RefundRecorded,
)
from shared.events.reconciliation import AllocationMade, MatchingMade, WriteOffDeclared
from shared.money import decimal_text
from shared.units import Outcome
from tests.facts import DURAND, named
from tests.invoicing import words as invoicing
from tests.payments import words as payments
from tests.reconciliation import words as reconciliation
from tests.simulation.world import Gone, World

_PEOPLE_MAX = 3
_COMMANDS_MAX = 5  # of each of them
_TRIES = 4  # how often one asks again after a refusal: what it needs may be on its way
_PAUSE_SECONDS = 0.4
_CLOSING = 0.2  # how often a payment is said to be the last
_NEW_ACCOUNTS = 0.15  # how often somebody first opens an account to pay into

# By command: the fact that carries it out, and what both call the thing that it names.
MADE: dict[type, tuple[type, str]] = {
    RegisterCustomer: (CustomerRegistered, "customer_id"),
    ValidateDocument: (DocumentValidated, "document_id"),
    ConfigureBankAccount: (BankAccountConfigured, "code"),
    RecordPayment: (PaymentRecorded, "payment_id"),
    ReversePayment: (PaymentReversed, "payment_id"),
    ReturnPayment: (PaymentReturned, "payment_id"),
    CorrectPayment: (PaymentReversed, "payment_id"),
    RecordRefund: (RefundRecorded, "refund_id"),
    AllocateByHand: (AllocationMade, "allocation_id"),
    MatchItems: (MatchingMade, "matching_id"),
    DeclareWriteOff: (WriteOffDeclared, "write_off_id"),
}


@dataclass(frozen=True)
class Asked:
    """A command, and what was answered in the end."""

    service: str
    ledger: str
    command: Command
    outcome: Outcome | None
    refusal: Refusal | None

    @property
    def made(self) -> tuple[type, str, UUID | str]:
        """Return the fact it asks for, the name of its id, and the id."""
        fact, name = MADE[type(self.command)]
        return fact, name, getattr(self.command, name)


@dataclass
class Known:
    """What was asked for in a ledger, by its names."""

    documents: list[str] = field(default_factory=list)
    paid: list[str] = field(default_factory=list)


@dataclass
class Story:
    """Everything that was asked in one history."""

    world: World
    chance: Random
    asked: list[Asked] = field(default_factory=list)
    count: int = 0
    _known: dict[str, "Known"] = field(default_factory=dict)  # by ledger

    async def tell(self) -> None:
        """Open the books of a ledger or two, and let several people work in them at once."""
        ledgers = ["north", "south"][: 1 + (self.chance.random() < 0.3)]
        for ledger in ledgers:
            self._known[ledger] = Known()
            await asyncio.gather(
                self._insist("invoicing", ledger, invoicing.register(DURAND)),
                self._insist("payments", ledger, payments.account("CIC", default=True)),
            )
        several = 1 + int(self.chance.random() * _PEOPLE_MAX)
        await asyncio.gather(*(self._work(self.chance.choice(ledgers)) for _ in range(several)))

    async def _work(self, ledger: str) -> None:
        for _ in range(1 + int(self.chance.random() * _COMMANDS_MAX)):
            if self.chance.random() < _NEW_ACCOUNTS:
                await self._pay_into_new_account(ledger)
            wish = self.chance.choices(*_WISHES)[0]
            service, command = wish(self, self._known[ledger])
            await self._insist(service, ledger, command)

    async def _pay_into_new_account(self, ledger: str) -> None:
        """Whoever is asked knows an account from the moment that it was acknowledged."""
        code, name = self._name("CIC"), self._name("P")
        await self._insist("payments", ledger, payments.account(code))
        pay = payments.record(name, self._amount(), bank_account=code, confirm=payments.CREDIT)
        self._known[ledger].paid.append(name)
        await self._insist("payments", ledger, pay)

    async def _insist(self, service: str, ledger: str, command: Command) -> None:
        """Ask until there is an answer; after a refusal a few times more."""
        refusals = 0
        while True:
            node = self.chance.choice(self.world.nodes[service])
            try:
                outcome = await node.ask(ledger, command)
            except (Gone, Unavailable, Overloaded):
                await asyncio.sleep(_PAUSE_SECONDS * self.chance.random())
            except UnknownBankAccount as stale:
                raise AssertionError(f"acknowledged before, and not known: {stale}") from stale
            except Refusal as refusal:
                refusals += 1
                if refusals == _TRIES:
                    self.asked.append(Asked(service, ledger, command, None, refusal))
                    return
                await asyncio.sleep(_PAUSE_SECONDS * self.chance.random())
            else:
                self.asked.append(Asked(service, ledger, command, outcome, None))
                return

    # ── what is asked next ──────────────────────────────────────────────────────

    def _name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def _amount(self) -> str:
        return decimal_text(1 + int(self.chance.random() * 300))

    def _validate(self, known: Known) -> tuple[str, Command]:
        name = self._name("F")
        rate = self.chance.choice(["0", "20"])
        known.documents.append(name)
        return "invoicing", invoicing.validate(name, invoicing.line(self._amount(), rate))

    def _pay(self, known: Known) -> tuple[str, Command]:
        name = self._name("P")
        count = min(len(known.documents), self.chance.choice([0, 1, 1, 2]))
        targets = self.chance.sample(known.documents, count)
        known.paid.append(name)
        as_credit = self.chance.random() < 0.7
        confirm = (*(payments.CREDIT if as_credit else ()), OPEN_BANK_DEPOSIT)
        command = payments.record(
            name,
            self._amount(),
            *targets,
            method="cash",
            confirm=confirm,
            bank_deposit=self.chance.choice([None, "REM"]),
        )
        if self.chance.random() < _CLOSING:
            closing = [applied._replace(closes=True) for applied in command.applies_to]
            command = replace(command, applies_to=closing)
        return "payments", command

    def _take_back(self, known: Known) -> tuple[str, Command]:
        if not known.paid:
            return self._pay(known)
        name = self.chance.choice(known.paid)
        how: list[Callable[[str], Command]] = [payments.reverse, payments.take_as_returned]
        return "payments", self.chance.choice(how)(name)

    def _correct(self, known: Known) -> tuple[str, Command]:
        if not known.paid:
            return self._pay(known)
        name = known.paid.pop(int(self.chance.random() * len(known.paid)))
        _, new = self._pay(known)
        assert isinstance(new, RecordPayment)
        return "payments", payments.correct(name, new)

    def _refund(self, known: Known) -> tuple[str, Command]:
        fields: dict[str, Any] = {}
        if known.paid:
            of = self.chance.choice(known.paid)
            fields = {"refunds": [Target("payment", named(of))]}
        return "payments", payments.give_back(self._name("R"), self._amount(), **fields)

    def _allocate(self, known: Known) -> tuple[str, Command]:
        if not (known.paid and known.documents):
            return self._validate(known)
        credit, debit = self.chance.choice(known.paid), self.chance.choice(known.documents)
        command = reconciliation.allocate(self._name("A"), credit, debit, self._amount())
        return "reconciliation", command

    def _match(self, known: Known) -> tuple[str, Command]:
        if not (known.paid and known.documents):
            return self._pay(known)
        items = (self.chance.choice(known.paid), self.chance.choice(known.documents))
        return "reconciliation", reconciliation.match(self._name("M"), *items)

    def _write_off(self, _known: Known) -> tuple[str, Command]:
        side: Any = self.chance.choice(["credit", "debit"])
        return "reconciliation", reconciliation.write_off(self._name("W"), self._amount(), side)


_WISHES = (
    [
        Story._validate,  # noqa: SLF001 - our own
        Story._pay,  # noqa: SLF001
        Story._take_back,  # noqa: SLF001
        Story._correct,  # noqa: SLF001
        Story._refund,  # noqa: SLF001
        Story._allocate,  # noqa: SLF001
        Story._match,  # noqa: SLF001
        Story._write_off,  # noqa: SLF001
    ],
    [5, 6, 2, 1, 1, 2, 1, 1],
)
