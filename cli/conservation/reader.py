"""Reading the four journals over HTTP while their services go on writing."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import httpx
import orjson
from pydantic import ValidationError

from cli.conservation.checker import check
from cli.conservation.verdict import Verdict, Violation
from shared.refill import Refill
from shared.seal import Entry, SealedEntry, entry_from


class UnreadableError(Exception):
    """An entry that can't be read as a fact."""

    def __init__(self, service: str, stored: SealedEntry, error: Exception) -> None:
        super().__init__(service, stored.position)
        self.violation = Violation(
            service=service,
            position=stored.position,
            sentence=f"it can't be read as a fact: {type(error).__name__}",
        )


@dataclass(frozen=True, slots=True)
class Journals:
    """The entries of one ledger; `later` are those of reconciliation that came meanwhile."""

    entries: list[Entry]
    later: set[UUID]


async def prove(
    client: httpx.AsyncClient, urls: Mapping[str, str], token: str, ledger: str
) -> Verdict:
    """Read a ledger's four journals and prove that no money was lost or made."""
    try:
        journals = await read(client, urls, token, ledger)
    except UnreadableError as error:
        return Verdict(entries={}, totals={}, violation=error.violation)
    return check(journals.entries, journals.later)


async def read(
    client: httpx.AsyncClient, urls: Mapping[str, str], token: str, ledger: str
) -> Journals:
    """Read each journal after those that refer to it, so what is referred to is there.

    Only invoicing's answers refer back: to entries that may have come meanwhile. Raises
    UnreadableError at an entry that is not a fact.
    """
    refill = Refill(client, urls, token)
    linked = await _journal(refill, "reconciliation", ledger)
    money = await _journal(refill, "payments", ledger)
    documents = await _journal(refill, "invoicing", ledger)
    findings = await _journal(refill, "archive", ledger)
    later = await _journal(refill, "reconciliation", ledger, after=len(linked))
    return Journals([*linked, *money, *documents, *findings], {entry.entry_id for entry in later})


async def _journal(refill: Refill, service: str, ledger: str, after: int = 0) -> list[Entry]:
    return [_entry(service, stored) async for stored in refill.entries(service, ledger, after)]


def _entry(service: str, stored: SealedEntry) -> Entry:
    try:
        return entry_from(orjson.loads(stored.sealed))
    except (ValidationError, LookupError, ValueError, TypeError) as error:
        raise UnreadableError(service, stored, error) from None
