"""Books whose payments were recorded on days that are over, and an archive with third parties.

Nobody can wait for a day to end. So a second writer of payments, which differs from the
service's own in nothing but its clock, writes in the same database; all the rest, relay, bus,
copies and closings, is the running stack.
"""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.request import urlopen
from uuid import UUID

import pytest
from typing_extensions import override

from deploy.local import ports
from deploy.local.process import Part, Program
from deploy.local.stack import SERVICE_READY_SECONDS, Stack
from services.archive.service import SERVICE as ARCHIVE
from services.archive.settings import Settings
from services.payments.service import SERVICE as PAYMENTS
from shared.database import engine_of
from shared.decider import Command
from shared.journal import Journal
from shared.new_ids import random_id
from shared.seal import Context, Signer
from shared.service import Service
from tests.archive.authority import Authority, Vault
from tests.books import Books, ok
from tests.payments import words
from tests.shared.shelf import writer

BY = Context("anna", UUID(int=7))


class ClosedBooks(Books):
    """Books that ask an archive of their own."""

    archive_url: str = ""

    @override
    def url(self, service: str, path: str) -> str:
        if service == "archive" and self.archive_url:
            return f"{self.archive_url}/v1/ledgers/{self.ledger}{path}"
        return super().url(service, path)

    def close(self, period: str) -> Any:
        return self.http.put(self.url("archive", f"/periods/{period}/closing"))

    def closing(self, period: str) -> Any:
        return ok(self.get("archive", f"/periods/{period}"))

    def package(self, period: str) -> bytes:
        answer = self.get("archive", f"/periods/{period}/package")
        assert answer.status_code == 200, answer.text
        return answer.content

    def verify(self) -> Any:
        return ok(self.post("archive", "/verifications", {}))

    def record_at(self, moments: list[tuple[datetime, list[Command]]]) -> None:
        """Let payments carry out commands, each at its moment, and wait until all is copied."""

        async def work(journal: Journal, set_clock: Callable[[datetime], None]) -> None:
            for moment, commands in moments:
                set_clock(moment)
                for command in commands:
                    await journal.execute(self.ledger, command, BY)

        done(written(self.stack, PAYMENTS, work))
        self.wait_until_caught_up()

    def open_at(self, moment: datetime) -> None:
        """Register the customer, and let payments begin at a moment that is over."""
        self.register(self.customer_id)
        self.wait_until_caught_up()
        self.record_at([(moment, [words.account("CIC", account="51210000")])])

    def paid(self, name: str, amount: str, **fields: Any) -> Command:
        """Return the command that records a payment of our customer."""
        return words.record(
            name, amount, customer_id=self.customer_id, bank_account="CIC", **fields
        )


async def written(
    stack: Stack,
    service: Service,
    work: Callable[[Journal, Callable[[datetime], None]], Awaitable[None]],
) -> None:
    """Do some work with a second writer of a service, whose clock the work sets."""
    settings = settings_of(stack, service)
    moment = datetime.now(UTC)

    def set_clock(to: datetime) -> None:
        nonlocal moment
        moment = to

    engine = engine_of(settings)
    journal = Journal(
        service=service.name,
        engine=engine,
        tables=service.tables,
        projection=service.projection,
        signer=Signer(service.name, settings.signing_key.get_secret_value()),
        clock=lambda: moment,
    )
    try:
        async with writer(journal):
            await work(journal, set_clock)
    finally:
        await engine.dispose()


def settings_of(stack: Stack, service: Service, **more: str) -> Any:
    """Return the settings that the service's own processes have, but for these."""
    prefix = f"{service.name.upper()}_"
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in stack.environment(service.name).items():
            patch.setenv(variable, value)
        for name, value in more.items():
            patch.setenv(f"{prefix}{name}", value)
        return service.settings(_env_prefix=prefix)


def done(work: Any) -> Any:
    """Finish some work aside, wherever it is asked for: in a test with a loop or without."""
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(asyncio.run, work).result()


def parties(**named: Any) -> str:
    """Return the setting that names third parties."""
    return json.dumps(named)


def stamping(authority: Authority, url: str) -> dict[str, Any]:
    """Return the settings of a time-stamping authority."""
    return {"kind": "timestamp", "url": url, "certificates": authority.root_pem}


def keeping(vault: Vault, url: str) -> dict[str, Any]:
    """Return the settings of a depository."""
    return {
        "kind": "depository",
        "url": url,
        "token": vault.token,
        "public_key": vault.public_key,
    }


@contextmanager
def another_archive(stack: Stack, third_parties: str) -> Iterator[str]:
    """Run a further process of the archive that knows third parties; yield its address."""
    (port,) = ports.choose(["archive"], asked={}, wished={}).values()
    own = {"ARCHIVE_PORT": str(port), "ARCHIVE_THIRD_PARTIES": third_parties}
    program = Program(
        name="another archive",
        command=[sys.executable, "-m", "services.archive", "serve"],
        log=stack.folder / "logs" / f"archive-{random_id()}.log",
        environment={**os.environ, **stack.environment("archive"), **own},
    )
    part = Part(program)
    url = f"http://{ports.HOST}:{port}"
    try:
        part.wait_until(lambda: _is_ready(f"{url}/readyz"), seconds=SERVICE_READY_SECONDS)
        yield url
    finally:
        part.stop()


def _is_ready(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:  # noqa: S310 - http, of our own making
            return bool(answer.status == 200)
    except OSError:
        return False


def archive_settings(stack: Stack, third_parties: str) -> Settings:
    """Return the archive's settings with third parties."""
    found: Settings = settings_of(stack, ARCHIVE, THIRD_PARTIES=third_parties)
    return found
