"""Verifying a chain: every byte hashed again, every link followed, every signature checked."""

import asyncio
import hashlib
import time
from collections.abc import Callable, Sequence
from functools import partial

import asyncpg

from bench import sealed
from bench.case import ENTRIES, Case, Family, Goal, Sample, Trial
from bench.lab import Lab, MeasuringError
from deploy.local.keys import Secrets
from shared import chains
from shared.checking import Chain
from shared.names import SERVICES
from shared.seal import SealedEntry
from tests.books import ok

_PAGE = 5_000
_PER_SECOND = 250_000


def _stored(lab: Lab) -> list[SealedEntry]:
    """Return the whole journal of payments, made long first."""
    wanted = 10_000 if lab.effort.quick else 100_000
    if lab.positions()["payments"]["position"] < wanted:
        sealed.lengthen(lab, wanted)
    return asyncio.run(_read(lab.stack.superuser_dsn("acquit_payments"), lab.books.ledger))


async def _read(dsn: str, ledger: str) -> list[SealedEntry]:
    db, entries = await asyncpg.connect(dsn), list[SealedEntry]()
    try:
        while page := await chains.read(db, ledger, len(entries), _PAGE):
            entries += page
    finally:
        await db.close()
    return entries


def _sample(entries: int, work: Callable[[], object]) -> Sample:
    started = time.perf_counter()
    work()
    rate = entries / (time.perf_counter() - started)
    return Sample(value=rate, rate=rate, count=entries)


def _hash(entries: Sequence[SealedEntry]) -> None:
    for entry in entries:
        hashlib.sha256(entry.sealed).digest()


def _check(lab: Lab, entries: Sequence[SealedEntry]) -> None:
    key = Secrets.of(lab.folder).public_keys()["payments"]
    chain = Chain("payments", lab.books.ledger, key)
    if flaw := chain.first_flaw(entries) or chain.finish():
        raise MeasuringError(f"the chain does not verify: {flaw}")


def _verify(lab: Lab) -> None:
    report = ok(lab.books.post("archive", "/verifications", {}))
    if not report["intact"]:
        raise MeasuringError(f"the archive found a flaw: {report}")


def _start_chain(lab: Lab) -> Trial:
    entries = _stored(lab)
    return Trial(
        ours=partial(_sample, len(entries), partial(_check, lab, entries)),
        limit=partial(_sample, len(entries), partial(_hash, entries)),
    )


def _start_archive(lab: Lab) -> Trial:
    entries = _stored(lab)
    lab.books.http.timeout = 600
    count = sum(report["position"] for report in lab.positions().values())
    return Trial(
        ours=partial(_sample, count, partial(_verify, lab)),
        limit=partial(_sample, len(entries), partial(_hash, entries)),
    )


FAMILY = Family(
    name="verify",
    services=SERVICES,
    cases=(
        Case(
            name="verify-chain",
            what="a chain with signatures, its entries in memory, one core",
            limit="SHA-256 of the same bytes, one core",
            unit=ENTRIES,
            goal=Goal(at_least=_PER_SECOND),
            start=_start_chain,
        ),
        Case(
            name="verify-archive",
            what="acquit verify's request: every journal read over HTTP, beside the archive's copy",
            limit="SHA-256 of the same bytes, one core",
            unit=ENTRIES,
            goal=Goal(at_least=_PER_SECOND),
            start=_start_archive,
        ),
    ),
)
