"""Handing packages over: what is closed goes to every third party, until each has certified it.

The invariant: a receipt goes on record only after it was checked. One worker at a time hands
over; who dies half way asks again, and a second receipt for the same package is no harm.
"""

import asyncio
import base64

import httpx
import structlog

from services.archive import closing_queries
from services.archive.closing_queries import Waiting
from services.archive.closings import Closer
from services.archive.domain.deposit import RecordDeposit
from services.archive.domain.period import Period
from services.archive.settings import Settings
from services.archive.third_parties.configured import active, third_parties
from services.archive.third_parties.third_party import ReceiptRefusedError, SealedPackage
from shared import leases
from shared.errors import Refusal
from shared.events.archive import PackageDeposited
from shared.journal import Journal
from shared.new_ids import random_id
from shared.refill import Refill
from shared.seal import Context
from shared.service import Running

log = structlog.get_logger()

_LEASE = "deposits"
_LOOK_SECONDS = 5
_AGAIN_SECONDS = 60  # after somebody did not answer, or not as he should
_AT_ONCE = 100


class Depositor:
    """Hands over what waits, in every ledger."""

    def __init__(
        self,
        journal: Journal,
        refill: Refill,
        settings: Settings,
        http: httpx.AsyncClient,
        *,
        again_seconds: int = _AGAIN_SECONDS,
    ) -> None:
        self._journal = journal
        self._refill = refill
        self._settings = settings
        self._http = http
        self._active = active(settings)
        self._parties = third_parties(settings)
        self._again_seconds = again_seconds
        self._not_before: dict[Waiting, int] = {}

    async def hand_over(self) -> None:
        """Try once for each package that waits and has not failed a moment ago."""
        present = _seconds()
        self._not_before = {w: at for w, at in self._not_before.items() if at > present}
        limit = _AT_ONCE + len(self._not_before)
        for each in await closing_queries.waiting(self._journal.engine, self._active, limit):
            if each not in self._not_before:
                await self._try(each)

    async def _try(self, waiting: Waiting) -> None:
        try:
            await self._deposit(waiting)
        except (httpx.HTTPError, ReceiptRefusedError, Refusal, OSError) as error:
            self._not_before[waiting] = _seconds() + self._again_seconds
            reason = error.problem() if isinstance(error, Refusal) else repr(error)
            log.warning("deposit.failed", **waiting._asdict(), reason=reason)

    async def _deposit(self, waiting: Waiting) -> None:
        party = self._parties[waiting.third_party]
        closer = Closer(self._journal.engine, self._refill, self._settings, waiting.ledger)
        period = Period.read(waiting.period)
        closed = (await closing_queries.closing(closer.engine, closer.ledger, period)).fact
        async with closer.package(period) as path:
            package = SealedPackage(
                ledger=waiting.ledger,
                period=waiting.period,
                sha256=closed.package_sha256,
                path=path,
            )
            receipt = await party.deposit(self._http, package)
        certified = party.check(receipt, closed.package_sha256)
        deposited = PackageDeposited(
            period=waiting.period,
            package_sha256=closed.package_sha256,
            third_party=waiting.third_party,
            kind=party.kind,
            receipt=base64.b64encode(receipt).decode(),
            certified_at=certified.at,
            certified_by=certified.by,
        )
        context = Context("service:archive", random_id())
        await self._journal.execute(waiting.ledger, RecordDeposit(deposited=deposited), context)
        log.info("deposit.certified", **waiting._asdict())


def _seconds() -> int:
    return int(asyncio.get_running_loop().time())


async def hand_over_forever(running: Running) -> None:
    """Hand over while this process holds the lease; others stand by.

    Who was told of no third party does not stand in the way of who was.
    """
    settings = running.settings
    assert isinstance(settings, Settings)
    if not active(settings):
        await asyncio.Event().wait()
    depositor = Depositor(running.journal, running.refill, settings, running.http)
    while True:
        try:
            async with leases.own_session(running.engine) as session:
                while await leases.take(session, _LEASE):
                    await depositor.hand_over()
                    await asyncio.sleep(_LOOK_SECONDS)
        except Exception:
            log.exception("deposits.interrupted")
        await asyncio.sleep(_LOOK_SECONDS)
