"""A campaign: cycle after cycle something breaks under load, and the books are held against it.

Cycles come in rounds. Each round has a ledger and an importing client of its own, and ends
with a proof of that ledger; the campaign ends with a proof of all tables. The first thing that
is wrong with the books ends it: what follows would only cover the tracks.
"""

import asyncio
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.faults.checking import Finding
from tests.faults.client import ImportingClient
from tests.faults.notebook import Answer
from tests.faults.plant import Plant
from tests.faults.proving import prove_ledger, prove_tables
from tests.faults.registry import Fault, Scene, SkippedError
from tests.faults.schedule import chance_of
from tests.faults.watching import Watch


@dataclass(slots=True, kw_only=True)
class Cycle:
    """What came of one fault."""

    number: int
    fault: str
    started_at: float  # seconds since 1970
    ended_at: float = 0.0
    outage_seconds: float = 0.0
    recovery_seconds: float = 0.0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    details: dict[str, Any] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)
    skipped: str | None = None


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What came of a campaign."""

    cycles: list[Cycle] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    trouble: str | None = None  # why it ended before its time
    payments: int = 0
    proofs: int = 0
    tables: dict[str, list[str]] = field(default_factory=dict)

    @property
    def kept(self) -> bool:
        """Say whether every promise was kept."""
        missed = any(cycle.missed for cycle in self.cycles)
        differing = any(self.tables.values())
        return not (missed or differing or self.findings or self.trouble)


@dataclass
class Campaign:
    """Faults in their order, on one plant."""

    plant: Plant
    seed: int
    faults: Sequence[Fault]
    round_length: int = 10
    short: bool = False
    say: Callable[[str], None] = print
    outcome: Outcome = field(default_factory=Outcome)

    async def run(self) -> Outcome:
        """Run every cycle and every proof; what goes wrong is in the outcome."""
        try:
            for first in range(0, len(self.faults), self.round_length):
                await self._round(first)
                if self.outcome.findings:
                    return self.outcome
            self.say("proving that all tables are what the journals say, and the topics")
            self.outcome.tables = await prove_tables(self.plant, say=self.say)
        except Exception as error:  # noqa: BLE001 - whatever ends it is told in the verdict
            self.say(traceback.format_exc())
            self.outcome.trouble = f"{type(error).__name__}: {error}"
        return self.outcome

    async def _round(self, first: int) -> None:
        importer = ImportingClient(self.plant, f"round-{1 + first // self.round_length:03d}")
        importer.start()
        watch = Watch(self.plant, importer)
        async with watch.http:
            for number in range(first, min(first + self.round_length, len(self.faults))):
                await self._cycle(number, watch)
            await asyncio.to_thread(importer.finish)
        await self._prove(importer)

    async def _cycle(self, number: int, watch: Watch) -> None:
        fault = self.faults[number]
        cycle = Cycle(number=number + 1, fault=fault.name, started_at=time.time())
        self.outcome.cycles.append(cycle)
        scene = Scene(
            plant=self.plant,
            watch=watch,
            importer=watch.importer,
            chance=chance_of(self.seed, number),
            short=self.short,
            details=cycle.details,
            missed=cycle.missed,
        )
        before = watch.importer.notes.count()
        try:
            await fault.act(scene)
            await watch.wait_until_well()
        except SkippedError as why:
            cycle.skipped = str(why)
        else:
            cycle.outage_seconds = scene.lifted_at - scene.broken_at
            cycle.recovery_seconds = time.monotonic() - scene.lifted_at
        cycle.ended_at = time.time()
        cycle.acknowledged = watch.importer.notes.count() - before
        self.say(_line(cycle, len(self.faults)))

    async def _prove(self, importer: ImportingClient) -> None:
        started = time.monotonic()
        found = await prove_ledger(self.plant, importer.ledger, importer.notes)
        answers = importer.notes.answers()
        self._blame(found, answers)
        self.outcome.findings += found
        self.outcome.payments += sum(answer.kind == "payment" for answer in answers)
        self.outcome.proofs += 1
        seconds = time.monotonic() - started
        verdict = f"{len(found)} things are wrong" if found else "nothing lost, nothing twice"
        self.say(f"         {importer.ledger}: {len(answers)} answers, {verdict} ({seconds:.0f} s)")
        for finding in found[:20]:
            self.say(f"         {finding.wrong}: {finding.sentence}")

    def _blame(self, found: Sequence[Finding], answers: Sequence[Answer]) -> None:
        """Count what is lost or doubled for the cycle in which it was acknowledged."""
        moments = {answer.name: answer.at for answer in answers}
        for finding in found:
            at = moments.get(finding.name, 0.0) if finding.name else 0.0
            for cycle in self.outcome.cycles:
                if cycle.started_at <= at <= cycle.ended_at:
                    cycle.lost += finding.wrong == "lost"
                    cycle.doubled += finding.wrong == "doubled"


def _line(cycle: Cycle, total: int) -> str:
    place = f"{cycle.number:>4}/{total} {cycle.fault:<26}"
    if cycle.skipped:
        return f"{place} skipped: {cycle.skipped}"
    times = f"away {cycle.outage_seconds:5.1f} s, well after {cycle.recovery_seconds:5.1f} s"
    missed = "".join(f"; NOT KEPT: {promise}" for promise in cycle.missed)
    said = " ".join(f"{name}={value}" for name, value in cycle.details.items())
    return f"{place} {times}, {cycle.acknowledged:>5} acknowledged {said}{missed}"
