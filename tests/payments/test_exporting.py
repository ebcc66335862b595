"""What goes to accounting: balanced entries, numbered per journal, closed once, in order."""

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from services.payments.domain.accounting import (
    CloseExport,
    Export,
    ExportIdTaken,
    ExportRaced,
    Movement,
)
from services.payments.domain.entries import Entries
from services.payments.domain.payable import KnownCustomer
from services.payments.domain.settings import BankAccount, PaymentMethod
from shared.events.payments import AccountingExportClosed, JournalCount
from shared.events.reconciliation import ItemsMatched, ItemsUnmatched
from shared.fec import OFFICIAL, Dialect, Line, read
from tests.facts import DURAND, TODAY, allocation, euros, item, named
from tests.given import LEDGER, Memory
from tests.payments.readable_entries import moved
from tests.payments.words import books, give_back, record, reverse, with_invoice


def close(name: str = "E1", **fields: Any) -> CloseExport:
    known: dict[str, Any] = {
        "sequence": 1,
        "from_on": date(2025, 8, 1),
        "to_on": date(2025, 8, 31),
        "from_position": 1,
        "to_position": 9,
        "entry_count": 2,
        "line_count": 4,
        "debit": euros("10.00"),
        "credit": euros("10.00"),
        "journals": [JournalCount(journal_code="CIC", last_number=2)],
        "file_name": "000000000FEC20250831.txt",
        "file_sha256": "a" * 64,
        "previous_manifest_sha256": None,
        "manifest_sha256": "b" * 64,
        "left_out": (),
    }
    return CloseExport(export_id=named(name), **(known | fields))


def test_an_export_is_closed_once_and_right_after_the_last() -> None:
    memory = books()
    closed = memory.when(close()).only(AccountingExportClosed)
    assert (closed.sequence, closed.journals[0].last_number) == (1, 2)
    memory.when(close()).then_nothing()
    memory.when(close("E2")).then_refused(ExportRaced, expected=2, found=1)
    memory.when(close(to_on=date(2025, 9, 30))).then_refused(ExportIdTaken, sequence=1)
    assert memory.when(close("E2", sequence=2)).only(AccountingExportClosed)
    assert memory.row(Export, named("E1")).journals == ({"journal_code": "CIC", "last_number": 2},)


# ── entries ─────────────────────────────────────────────────────────────────────


def of(
    memory: Memory,
    *,
    numbers: dict[str, int] | None = None,
    auxiliary: str | None = None,
    opens_on: date = date(2025, 8, 1),
) -> list[Line]:
    movements = sorted(memory.rows(Movement), key=lambda movement: movement.position)
    customers = {c.customer_id: c for c in memory.rows(KnownCustomer)}
    if auxiliary:
        customers[DURAND] = replace(customers[DURAND], auxiliary_account=auxiliary)
    method = PaymentMethod(LEDGER, "transfer", "Virement", "30", active=True, default=True)
    entries = Entries(opens_on, memory.rows(BankAccount), [method], numbers or {})
    rows = entries.rows([moved(movement, customers) for movement in movements])
    return list(read(Dialect().encoded([Dialect().row(OFFICIAL), *rows])).lines)


def signed(found: list[Line]) -> list[tuple[str, int]]:
    return [(line.account, line.debit_cents - line.credit_cents) for line in found]


def test_money_received_debits_the_bank_and_credits_the_customer() -> None:
    memory = books()
    memory.when(record("P1", "100.00", reference="VIR 42"))
    bank, customer = of(memory)
    assert signed([bank, customer]) == [("51210000", 10_000), ("411000", -10_000)]
    assert bank.label == "Encaissement Virement VIR 42 Durand"
    assert (bank.voucher, bank.voucher_on, bank.booked_on) == ("RC2508-0001", TODAY, TODAY)
    assert (bank.journal_code, bank.entry_number, bank.validated_on) == ("CIC", "1", TODAY)
    assert (customer.auxiliary, customer.auxiliary_label) == ("", "")


def test_what_goes_back_is_the_opposite_entry_with_its_own_number() -> None:
    memory = books()
    memory.when(record("P1", "100.00"))
    memory.when(reverse())
    memory.when(give_back("R1", "30.00"))
    found = of(memory, numbers={"CIC": 7})
    assert signed(found[2:4]) == [("51210000", -10_000), ("411000", 10_000)]
    assert signed(found[4:]) == [("51210000", -3_000), ("411000", 3_000)]
    assert [line.label.split()[0] for line in found[::2]] == [
        "Encaissement",
        "Extourne",
        "Remboursement",
    ]
    assert [line.entry_number for line in found] == ["8", "8", "9", "9", "10", "10"]
    assert sum(line.debit_cents - line.credit_cents for line in found) == 0


def test_an_auxiliary_account_comes_with_its_name() -> None:
    memory = books()
    memory.when(record("P1", "100.00", method="cash"))
    bank, customer = of(memory, auxiliary="DURAND")
    assert (customer.auxiliary, customer.auxiliary_label) == ("DURAND", "Durand")
    assert (bank.auxiliary, bank.label) == ("", "Encaissement cash Durand")


def test_a_matching_code_stands_on_the_customers_line_with_its_date() -> None:
    memory = with_invoice()
    memory.when(record("P1", None, "FA1"))
    memory.apply(allocation("A1", item("payment", "P1"), item("document", "FA1"), "1170.00"))
    group: dict[str, Any] = {
        "group_id": named("group"),
        "customer_id": DURAND,
        "matching_code": "AA",
        "items": (item("payment", "P1"), item("document", "FA1")),
    }
    memory.apply(ItemsMatched(matched_on=TODAY, **group))
    bank, customer = of(memory)
    assert (customer.matching_code, customer.matched_on) == ("AA", TODAY)
    assert (bank.matching_code, bank.matched_on) == ("", None)
    memory.apply(ItemsUnmatched(unmatched_on=TODAY, **group))
    assert [line.matching_code for line in of(memory)] == ["", ""]


@pytest.mark.parametrize(
    ("opens_on", "booked_on"), [(TODAY, TODAY), (date(2025, 9, 1), date(2025, 9, 1))]
)
def test_what_is_recorded_late_is_booked_when_the_period_opens(
    opens_on: date, booked_on: date
) -> None:
    memory = books()
    memory.when(record("P1", "100.00"))
    assert [(line.booked_on, line.voucher_on) for line in of(memory, opens_on=opens_on)] == [
        (booked_on, TODAY),
        (booked_on, TODAY),
    ]
