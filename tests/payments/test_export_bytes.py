"""If these failed, accounting would not get the file that the readable definition describes."""

import hashlib
from datetime import UTC, date, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from services.payments.domain.accounting import Export, Movement, outermost
from services.payments.domain.entries import Entries
from services.payments.domain.payable import KnownCustomer
from services.payments.domain.settings import BankAccount, PaymentMethod
from shared.events.invoicing import CustomerRole
from shared.fec import OFFICIAL, Dialect, cleaned, write
from tests.given import LEDGER
from tests.payments.readable_entries import Readable, lines, moved

ODD = st.sampled_from("\t\r\n\x00\x1f\x7f\x85\xa0\u2028\u2029\u3000\ufeff|\"'  éŒ€漢😀")
TEXTS = st.text(st.characters(codec="utf-8") | ODD, max_size=12)
DAYS = st.dates(date(2024, 1, 1), date(2026, 12, 31))
INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - bounds of them
CARDS: tuple[tuple[str, str, str | None, CustomerRole], ...] = (
    ("Durand", "41100000", None, "customer"),
    (" Martin\tet | fils\u2028", "411", "MARTIN", "customer"),
    ("Société Œuvre 漢", " 411|X\n", "\u3000A\x85B ", "customer"),
    ("", "411", "", "customer"),
    ("Papeterie", "401000", "401PAP", "supplier"),
    ("Anna", "421000", None, "employee"),
    ("Associé", "467100", None, "employee"),
)
CUSTOMERS = {
    UUID(int=n): KnownCustomer(LEDGER, UUID(int=n), f"C{n}", name, account, auxiliary, None, role)
    for n, (name, account, auxiliary, role) in enumerate(CARDS)
}
ACCOUNTS = {
    code: BankAccount(LEDGER, code, label, account, journal, None, active=True, default=False)
    for code, label, account, journal in (
        ("CIC", "CIC Lyon", "51210000", "BQ"),
        ("BNP", " BNP | Paris\t", "51220000", "BQ"),
        ("CAI", "Caisse", " 53\n", "CA|I "),
    )
}
METHODS = {
    code: PaymentMethod(LEDGER, code, label, "30", active=True, default=False)
    for code, label in (("transfer", "Virement"), ("odd", " a\tb|"), ("blank", ""))
}
MOVEMENTS = st.builds(
    Movement,
    ledger=st.just(LEDGER),
    item=st.uuids().map(lambda name: f"payment/{name}"),
    position=st.integers(1, 10**9),
    kind=st.sampled_from(["payment", "reversal", "return", "return_fee", "refund"]),
    moved_on=DAYS,
    amount_cents=st.integers(-(10**15), 10**15) | st.integers(-100, 100),
    currency=st.sampled_from(["EUR", "EUR", "EUR", "USD", "XPF"]),
    method=st.sampled_from([*METHODS, "unknown|"]),
    bank_account=st.sampled_from(list(ACCOUNTS)),
    customer_id=st.sampled_from(list(CUSTOMERS)),
    voucher=TEXTS,
    label=TEXTS,
    reference=st.none() | TEXTS,
    matching_code=st.none() | st.sampled_from(["", "AA", " A|B"]),
    counter_account=st.none() | st.just("627000"),
    matched_on=st.none() | DAYS,
    recorded_at=INSTANTS,
)
TRANSFERS = st.builds(
    replace,
    MOVEMENTS,
    kind=st.just("transfer"),
    method=st.just(""),
    bank_account=st.just(""),
    counter_account=st.none(),
    payer_id=st.sampled_from(list(CUSTOMERS)),
)
PAGES = st.lists(st.lists(MOVEMENTS | TRANSFERS, min_size=1, max_size=4), max_size=4)


@given(pages=PAGES, opens_on=DAYS, last=st.integers(0, 99))
def test_what_is_written_page_by_page_is_what_the_lines_say(
    pages: list[list[Movement]], opens_on: date, last: int
) -> None:
    entries = Entries(opens_on, ACCOUNTS.values(), METHODS.values(), {"BQ": last})
    digest, content = hashlib.sha256(), b""
    for rows in ([Dialect().row(OFFICIAL)], *(page_of(entries, page) for page in pages)):
        part = Dialect().encoded(rows)
        digest.update(part)
        content += part
    books = Readable(ACCOUNTS, METHODS, CUSTOMERS, {"BQ": last})
    movements = [movement for page in pages for movement in page]
    expected = list(lines(movements, books, opens_on))
    assert content == write(expected)
    assert digest.hexdigest() == hashlib.sha256(write(expected)).hexdigest()
    assert (entries.line_count, entries.numbers) == (len(expected), books.numbers)
    assert entries.moved_cents == sum(line.debit_cents for line in expected)
    assert entries.moved_cents == sum(line.credit_cents for line in expected)
    assert [(m.amount.cents, m.amount.currency, m.number) for m in entries.left_out] == [
        (m.amount_cents, m.currency, m.voucher) for m in movements if m.currency != "EUR"
    ]


def page_of(entries: Entries, movements: list[Movement]) -> list[str]:
    return entries.rows([moved(movement, CUSTOMERS) for movement in movements])


@given(st.text() | st.text(ODD))
def test_a_cleaned_text_has_neither_separators_nor_padding(text: str) -> None:
    found = cleaned(text)
    assert not set(found) & set("\t|\r\n\x00\x1f\x7f\x85\u2028\u2029")
    assert found == found.strip()
    assert cleaned(found) == found


BOUNDS = st.tuples(st.integers(1, 9), st.dates(date(2025, 1, 1), date(2025, 1, 9)))


@given(st.lists(BOUNDS, max_size=6))
def test_the_outermost_exports_hold_what_all_exports_hold(bounds: list[tuple[int, date]]) -> None:
    exports = [export(to_position=position, to_on=day) for position, day in bounds]
    found = outermost(exports)
    for position in range(1, 10):
        for day in (date(2025, 1, n) for n in range(1, 10)):
            assert is_held(found, position, day) == is_held(exports, position, day)
    for one in found:
        others = [export for export in found if export is not one]
        assert not is_held(others, one.to_position, one.to_on)


def is_held(exports: list[Export], position: int, day: date) -> bool:
    return any(position <= e.to_position and day <= e.to_on for e in exports)


def export(*, to_position: int, to_on: date) -> Export:
    return Export(
        ledger=LEDGER,
        export_id=UUID(int=to_position),
        sequence=1,
        from_on=date(2025, 1, 1),
        to_on=to_on,
        from_position=1,
        to_position=to_position,
        entry_count=1,
        line_count=2,
        debit_cents=1,
        credit_cents=1,
        currency="EUR",
        journals=(),
        file_name="",
        file_sha256="",
        previous_manifest_sha256=None,
        manifest_sha256="",
        left_out=(),
        closed_at=datetime(2025, 1, 31, tzinfo=UTC),
    )
