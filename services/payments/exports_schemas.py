"""What the API of accounting exports takes and gives."""

from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from pydantic import Field, model_validator

from shared.dates import IsoDate
from shared.money import decimal_text
from shared.web import Body, Out


class ExportIn(Body):
    """The period to hand to accounting; with a name of yours the request can be repeated."""

    export_id: UUID | None = None
    from_on: IsoDate = Field(alias="from")
    to_on: IsoDate = Field(alias="to")
    siren: str | None = Field(default=None, pattern=r"^\d{9}$", description="For the file's name")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.to_on < self.from_on:
            raise ValueError("the period ends before it starts")
        return self


class LeftOutMovementOut(Out):
    """Money that moved in another currency than the books': it is in no export's file."""

    kind: str
    id: UUID
    number: str
    moved_on: date
    amount: str
    currency: str


class ExportOut(Out):
    """An export's manifest; the file itself is under `/file`.

    Totals are in the books' currency. What moved in another one is in `left_out`, signed as
    our bank account sees it, for accounting to book at a rate of its own.
    """

    export_id: UUID
    sequence: int
    from_on: date
    to_on: date
    from_position: int
    to_position: int
    entry_count: int
    line_count: int
    debit_total: str
    credit_total: str
    currency: str
    journals: list[dict[str, Any]]
    file_name: str
    file_sha256: str
    previous_manifest_sha256: str | None
    manifest_sha256: str
    left_out: list[LeftOutMovementOut]
    closed_at: datetime


def export_out(row: Any) -> ExportOut:
    """Show an export's row."""
    names = set(ExportOut.model_fields) - {"debit_total", "credit_total", "journals", "left_out"}
    return ExportOut(
        debit_total=decimal_text(row.debit_cents, row.currency),
        credit_total=decimal_text(row.credit_cents, row.currency),
        journals=list(row.journals),
        left_out=[LeftOutMovementOut.model_validate(movement) for movement in row.left_out],
        **{name: getattr(row, name) for name in names},
    )
