"""A laboratory: a fresh stack with open books, how to load it, and how to wait for its rest."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from bench import cpu
from bench.sending import Pace, Sent, Target, send
from deploy.local.stack import Stack
from tests.books import Books, ok
from tests.services import service_of

LEDGER: Final = "bench"
_LOOK_SECONDS: Final = 0.1
_PATIENCE_SECONDS: Final = 60.0  # without any progress
Counts = Mapping[str, int]  # answers by status
Expected = Callable[[Counts], bool]
Positions = dict[str, dict[str, Any]]  # what each service says at /positions


def only(status: str) -> Expected:
    """Expect nothing but this status."""
    return lambda statuses: set(statuses) == {status}


CREATED: Final = only("201")


class MeasuringError(Exception):
    """A round did not do what it should have, so it proves nothing; the text says what."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long a round lasts, and how large things get; quick is for a first look."""

    quick: bool = False
    large: bool = False

    @property
    def seconds(self) -> float:
        """Return how long one side of a round is measured."""
        return 1.0 if self.quick else 5.0


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of a load, and the CPU seconds each part used until all was visible."""

    sent: Sent
    cpu: cpu.Seconds
    visible_seconds: float  # from the first request until every service had caught up


class Lab:
    """A running stack, a ledger on it, and the ways to load and to watch it."""

    def __init__(self, stack: Stack, books: Books, effort: Effort, owned: ExitStack) -> None:
        self.stack = stack
        self.books = books
        self.effort = effort
        self._owned = owned
        self._beside: Lab | None = None

    @property
    def folder(self) -> Path:
        """Return where files may be put."""
        return self.stack.folder

    def positions(self) -> Positions:
        """Return how far each service is that still runs."""
        ended = self.stack.ended()
        running = [name for name in self.stack.urls if name not in ended]
        return {name: ok(self.books.get(name, "/positions")) for name in running}

    def end_followers(self) -> None:
        """End every service but payments: what is made by COPY is nobody else's to follow."""
        for name in self.positions():
            if name != "payments":
                self.stack.kill(name)

    def beside(self, services: tuple[str, ...]) -> "Lab":
        """Return a second laboratory that lives as long as this one, started when first asked."""
        if self._beside is None:
            folder = self.folder.with_name("beside")
            self._beside = self._owned.enter_context(laboratory(folder, services, self.effort))
        return self._beside

    def open(self) -> None:
        """Open the books: a customer, a bank account."""
        self.books.register(self.books.customer_id)
        account = {"label": "CIC", "account": "51210000", "journal_code": "CIC"}
        ok(self.books.put("payments", "/bank-accounts/CIC", account))
        self.wait_until_caught_up()

    def target(self, service: str = "payments") -> Target:
        """Return a service's address and a token for it."""
        return Target(port=self.stack.ports[service], token=self.books.token)

    def payment(self, **fields: Any) -> dict[str, Any]:
        """Return the body of the payment that all cases record, unless they say otherwise."""
        return {
            "customer_id": str(self.books.customer_id),
            "amount": "12.34",
            "method": "transfer",
            "reference": "VIR 2025-000123",
            **fields,
        }

    def row_bytes(self) -> int:
        """Return how many sealed bytes one such payment has in the journal."""
        ok(self.books.put("payments", f"/payments/{uuid4()}", self.payment()))
        last = self.positions()["payments"]["position"]
        line = self.books.get("payments", "/journal", after=last - 1, limit=1).text
        return len(json.loads(line)["sealed"]) * 3 // 4  # base64

    def load(self, requests: list[bytes], pace: Pace, expected: Expected = CREATED) -> Loaded:
        """Send requests that must be answered as expected, and wait until all is visible."""
        before: cpu.Seconds = {}
        started = 0.0

        def starting() -> None:
            nonlocal before, started
            before, started = cpu.seconds_used(self.stack), time.perf_counter()

        sent = send(self.target(), requests, pace, starting=starting)
        if not expected(sent.statuses):
            raise MeasuringError(f"other answers than expected: {sent.statuses}")
        caught_up = self.wait_until_caught_up()
        used = cpu.difference(before, cpu.seconds_used(self.stack))
        return Loaded(sent, used, caught_up - started)

    def wait_until_caught_up(self) -> float:
        """Wait until every service has applied all that the others wrote; return when it had.

        However long that takes, as long as it goes on.
        """
        last: Positions = {}
        found = self.positions()
        seen_at = moved_at = time.perf_counter()
        while not (caught_up(found) and found == last):
            if seen_at - moved_at > _PATIENCE_SECONDS:
                raise MeasuringError(f"the services stand still at {_summary(found)}")
            time.sleep(_LOOK_SECONDS)
            last, found = found, self.positions()
            seen_at = time.perf_counter()
            if found != last:
                moved_at = seen_at
        return moved_at


def caught_up(found: Positions) -> bool:
    """Say whether every service is where each that it follows is.

    >>> caught_up({"payments": {"position": 3, "followed": {}},
    ...            "archive": {"position": 0, "followed": {"payments": 2}}})
    False
    """
    ends = {name: report["position"] for name, report in found.items()}
    return all(
        report["followed"].get(source, 0) == ends[source]
        for name, report in found.items()
        for source in service_of(name).sources
        if source in ends
    )


def _summary(found: Positions) -> str:
    return json.dumps({name: [r["position"], r["followed"]] for name, r in found.items()})


@contextmanager
def laboratory(folder: Path, services: tuple[str, ...], effort: Effort) -> Iterator[Lab]:
    """Start a stack in a folder and open the books; stop it again whatever happens."""
    with (
        Stack(folder, services=services) as stack,
        Books(stack, LEDGER) as books,
        ExitStack() as owned,
    ):
        lab = Lab(stack, books, effort, owned)
        lab.open()
        yield lab
