"""Accounting exports: which entries went to accounting, once and for all.

An entry of the payments journal belongs to the first export whose last position and
last day it does not exceed. Nothing is marked, so nothing can be exported twice, and an
entry that comes late falls to the next export by itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.payments.domain.deposit import BankDeposit
from services.payments.domain.payment import Payment
from shared.decider import Need, Picture, Row, every, one, those
from shared.errors import Refusal
from shared.events import Event
from shared.events.payments import (
    AccountingExportClosed,
    BankDepositClosed,
    JournalCount,
    LeftOutMovement,
)
from shared.money import Money

BOOKS_CURRENCY = "EUR"  # French books are kept in euros (Code de commerce, art. L123-22)


class Movement(Row, frozen=True):
    """Money that moved on one of our accounts, signed as the bank sees it, in cents.

    `item` is `payment/<id>`, `taken_back/<id>` (its reversal or return), `return_fee/<id>`,
    `refund/<id>` or `write_off/<id>` (a difference that moved no money: its `counter_account`
    takes the bank's place). Else the other side is the customer's account, or `counter_account`.
    What was accepted with an allocation is `discount`, `bank_fee` or `difference`, booked alike.
    Of a transfer the account of `payer_id` takes the bank's place, with its item `payer_item`.
    """

    key = "item"

    item: str
    position: int
    kind: str  # payment, reversal, return, return_fee, refund, write_off, transfer, …
    moved_on: date
    amount_cents: int
    currency: str
    method: str
    bank_account: str
    customer_id: UUID
    voucher: str
    label: str
    reference: str | None
    matching_code: str | None
    matched_on: date | None
    recorded_at: datetime
    counter_account: str | None = None
    payer_id: UUID | None = None
    payer_item: str | None = None
    vat_cents: int = 0  # the part of the amount that is VAT: of a discount
    vat_account: str | None = None


class MatchedItem(Row, frozen=True):
    """The matching code that an item which moves no money carries now, if it carries one."""

    key = "item"

    item: str
    matching_code: str | None
    matched_on: date | None


class Export(Row, frozen=True):
    """A closed export and its manifest."""

    key = "export_id"

    export_id: UUID
    sequence: int
    from_on: date
    to_on: date
    from_position: int
    to_position: int
    entry_count: int
    line_count: int
    debit_cents: int
    credit_cents: int
    currency: str
    journals: tuple[dict[str, str | int], ...]
    file_name: str
    file_sha256: str
    previous_manifest_sha256: str | None
    manifest_sha256: str
    left_out: tuple[dict[str, str], ...]
    closed_at: datetime

    def holds(self, position: int, moved_on: date) -> bool:
        """Say whether this export, or one before it, holds what was recorded there and moved."""
        return position <= self.to_position and moved_on <= self.to_on


class ExportFile(Row, frozen=True):
    """A part of an exported file as it was handed over, under the SHA-256 of the file so far.

    What comes before it is kept under `previous_sha256`; so the last part has the file's own
    digest, and one of which nothing comes before is the first, or the whole.
    """

    key = "file_sha256"

    file_sha256: str
    content: bytes
    previous_sha256: str | None


def outermost(exports: Iterable[Export]) -> list[Export]:
    """Return the exports that together hold all that was exported: none holds what they don't.

    Mostly that is the last one alone, since both its bounds are beyond those of all others.
    """
    found: list[Export] = []
    for export in sorted(exports, key=lambda e: (e.to_position, e.to_on), reverse=True):
        if not found or export.to_on > found[-1].to_on:
            found.append(export)
    return found


def listed(movements: Iterable[LeftOutMovement]) -> list[dict[str, str]]:
    """Return what was left out as a manifest lists it."""
    return [
        {
            "amount": str(movement.amount),
            "currency": movement.amount.currency,
            "id": str(movement.id),
            "kind": movement.kind,
            "moved_on": movement.moved_on.isoformat(),
            "number": movement.number,
        }
        for movement in movements
    ]


class ExportIdTaken(Refusal):
    """This identifier already names the export of another period."""


class ExportRaced(Refusal):
    """Another export was closed while this one was being written: ask again."""


class NothingToExport(Refusal):
    """No entry of this period is left to hand to accounting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseExport:
    """Close an export whose file was written; everything was computed by the caller."""

    export_id: UUID
    sequence: int
    from_on: date
    to_on: date
    from_position: int
    to_position: int
    entry_count: int
    line_count: int
    debit: Money
    credit: Money
    journals: Sequence[JournalCount]
    file_name: str
    file_sha256: str
    previous_manifest_sha256: str | None
    manifest_sha256: str
    left_out: Sequence[LeftOutMovement]

    def needs(self, picture: Picture) -> Iterable[Need]:
        """Name all exports, since this one must follow the last, and what is in open deposits."""
        yield from (one(Export, self.export_id), every(Export, picture.ledger))
        open_ones = those(BankDeposit, "state", "open")
        yield open_ones
        if not picture.missing([open_ones]):
            for deposit in picture.where(BankDeposit, "state", "open"):
                yield one(BankDeposit, deposit.bank_deposit)
                yield those(Payment, "bank_deposit", deposit.bank_deposit)

    def decide(self, picture: Picture) -> list[Event]:
        """Close once, right after the last, with the bank deposits that it holds a part of."""
        known = picture.find(Export, self.export_id)
        if known:
            if (known.from_on, known.to_on) != (self.from_on, self.to_on):
                raise ExportIdTaken(export_id=self.export_id, sequence=known.sequence)
            return []
        last = max((e.sequence for e in picture.where(Export, "ledger", picture.ledger)), default=0)
        if self.sequence != last + 1:
            raise ExportRaced(expected=last + 1, found=self.sequence)
        return [
            AccountingExportClosed(
                export_id=self.export_id,
                sequence=self.sequence,
                from_on=self.from_on,
                to_on=self.to_on,
                from_position=self.from_position,
                to_position=self.to_position,
                entry_count=self.entry_count,
                line_count=self.line_count,
                debit_total=self.debit,
                credit_total=self.credit,
                journals=tuple(self.journals),
                file_name=self.file_name,
                file_sha256=self.file_sha256,
                previous_manifest_sha256=self.previous_manifest_sha256,
                manifest_sha256=self.manifest_sha256,
                left_out=tuple(self.left_out),
            ),
            *self._deposits_closed(picture),
        ]

    def _deposits_closed(self, picture: Picture) -> Iterable[Event]:
        for deposit in picture.where(BankDeposit, "state", "open"):
            held = picture.where(Payment, "bank_deposit", deposit.bank_deposit)
            if any(p.position <= self.to_position and p.received_on <= self.to_on for p in held):
                yield BankDepositClosed(
                    bank_deposit=deposit.bank_deposit,
                    closed_on=self.to_on,
                    payment_count=deposit.payment_count,
                    total=Money(deposit.total_cents, deposit.currency),
                    export_id=self.export_id,
                )
