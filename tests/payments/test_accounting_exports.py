"""If these failed, accounting would get a payment twice, or never, or not the same file again."""

import hashlib
from collections import defaultdict
from itertools import pairwise
from typing import Any
from uuid import uuid4

import orjson

from shared.fec import Line, read
from tests.books import Books, ok, refused
from tests.reading import facts, journal

AUGUST = {"from": "2025-08-01", "to": "2025-08-31"}
SEPTEMBER = {"from": "2025-09-01", "to": "2025-09-30"}
REASON = {"reason": "saisi deux fois"}


def close(books: Books, period: dict[str, str] = AUGUST, **fields: Any) -> Any:
    return books.post("payments", "/accounting-exports", period | fields)


def file(books: Books, export: dict[str, Any]) -> bytes:
    answer = books.get("payments", f"/accounting-exports/{export['export_id']}/file")
    assert answer.is_success, answer.text
    return answer.content


def lines(books: Books, export: dict[str, Any]) -> list[Line]:
    return list(read(file(books, export)).lines)


def vouchers(found: list[Line]) -> list[str]:
    return [line.voucher for line in found[::2]]


def pay(books: Books, amount: str = "10.00", on: str = "2025-08-18", **fields: Any) -> Any:
    return ok(books.pay(amount=amount, received_on=on, **fields))


def test_nothing_is_exported_twice_and_what_comes_late_comes_next(books: Books) -> None:
    first, second = pay(books), pay(books, "20.00")
    one = ok(close(books))
    assert vouchers(lines(books, one)) == [first["number"], second["number"]]
    refused(close(books), 409, "nothing-to-export")
    late, ahead = pay(books, "5.00"), pay(books, "7.00", "2025-09-02")
    path = f"/payments/{first['payment_id']}/reversal"
    ok(books.put("payments", path, REASON | {"on": "2025-08-30"}))
    two = ok(close(books))
    assert vouchers(lines(books, two)) == [late["number"], first["number"]]
    three = ok(close(books, SEPTEMBER))
    assert vouchers(lines(books, three)) == [ahead["number"]]
    handed = [line for export in (one, two, three) for line in lines(books, export)]
    assert len(handed) == 2 * 5
    assert [export["sequence"] for export in (one, two, three)] == [1, 2, 3]


def test_what_is_recorded_late_is_booked_in_the_period_and_keeps_its_own_date(
    books: Books,
) -> None:
    pay(books, on="2025-07-14")
    found = lines(books, ok(close(books)))
    assert {(str(line.booked_on), str(line.voucher_on)) for line in found} == {
        ("2025-08-01", "2025-07-14")
    }


def test_every_entry_balances_and_each_journal_counts_on_without_a_hole(books: Books) -> None:
    till = {"label": "Caisse", "account": "53000000", "journal_code": "CAI"}
    ok(books.put("payments", "/bank-accounts/CAI", till))
    exports = []
    for _ in range(2):
        for bank in ("CIC", "CAI", "CIC"):
            pay(books, bank_account=bank)
        refund = {"customer_id": str(books.customer_id), "amount": "3.00", "bank_account": "CAI"}
        ok(books.put("payments", f"/refunds/{uuid4()}", refund | {"refunded_on": "2025-08-20"}))
        exports.append(ok(close(books)))
    numbers: dict[str, list[int]] = defaultdict(list)
    for export in exports:
        found = lines(books, export)
        per_entry: dict[tuple[str, str], int] = defaultdict(int)
        for line in found:
            per_entry[line.journal_code, line.entry_number] += line.debit_cents - line.credit_cents
        assert set(per_entry.values()) == {0}
        assert export["debit_total"] == export["credit_total"]
        assert (export["entry_count"], export["line_count"]) == (4, len(found))
        for line in found[::2]:
            numbers[line.journal_code].append(int(line.entry_number))
    assert numbers == {"CIC": [1, 2, 3, 4], "CAI": [1, 2, 3, 4]}
    assert exports[1]["journals"] == [
        {"journal_code": "CAI", "last_number": 4},
        {"journal_code": "CIC", "last_number": 4},
    ]


def test_the_file_is_the_same_again_and_its_manifest_proves_it(books: Books) -> None:
    pay(books)
    export = ok(close(books, siren="732829320"))
    assert export["file_name"] == "732829320FEC20250831.txt"
    content = file(books, export)
    assert content == file(books, export)
    assert hashlib.sha256(content).hexdigest() == export["file_sha256"]
    pay(books)
    ok(close(books))
    assert file(books, export) == content


def test_manifests_are_chained_and_each_is_a_fact(books: Books) -> None:
    for _ in range(3):
        pay(books)
        ok(close(books))
    found = ok(books.get("payments", "/accounting-exports"))
    assert [export["sequence"] for export in found] == [1, 2, 3]
    assert found[0]["previous_manifest_sha256"] is None
    for before, after in pairwise(found):
        assert after["previous_manifest_sha256"] == before["manifest_sha256"]
    for export in found:
        manifest = {name: export[name] for name in MANIFEST} | {"ledger": books.ledger}
        text = orjson.dumps(manifest, option=orjson.OPT_SORT_KEYS)
        assert hashlib.sha256(text).hexdigest() == export["manifest_sha256"]
    closed = facts(books, "payments", "accounting-export-closed")
    assert [fact["manifest_sha256"] for fact in closed] == [e["manifest_sha256"] for e in found]


MANIFEST = (
    "credit_total",
    "debit_total",
    "entry_count",
    "export_id",
    "file_name",
    "file_sha256",
    "from_on",
    "from_position",
    "journals",
    "left_out",
    "line_count",
    "previous_manifest_sha256",
    "sequence",
    "to_on",
    "to_position",
)


def test_an_export_with_a_name_is_closed_once(books: Books) -> None:
    pay(books)
    name: dict[str, Any] = {"export_id": str(uuid4())}
    export = ok(close(books, **name))
    before = journal(books, "payments")
    assert ok(close(books, **name)) == export
    refused(close(books, SEPTEMBER, **name), 409, "export-id-taken")
    assert journal(books, "payments") == before
    assert ok(books.get("payments", f"/accounting-exports/{name['export_id']}")) == export
    refused(books.get("payments", f"/accounting-exports/{uuid4()}"), 404, "not-found")
    refused(close(books, {"from": "2025-08-31", "to": "2025-08-01"}), 422, "malformed")


def test_what_moved_in_another_currency_is_left_out_and_listed_once(books: Books) -> None:
    """No rate is known here, and dollars added to euros would be neither."""
    first = pay(books)
    dollars = pay(books, "20.00", currency="USD")
    path = f"/payments/{dollars['payment_id']}/reversal"
    ok(books.put("payments", path, REASON | {"on": "2025-08-20"}))
    export = ok(close(books))
    found = lines(books, export)
    assert vouchers(found) == [first["number"]]
    assert {(line.currency, line.currency_amount) for line in found} == {("", None)}
    assert (export["debit_total"], export["credit_total"], export["currency"]) == (
        "10.00",
        "10.00",
        "EUR",
    )
    assert (export["entry_count"], export["line_count"]) == (1, 2)
    named = {"id": dollars["payment_id"], "number": dollars["number"], "currency": "USD"}
    assert export["left_out"] == [
        named | {"kind": "payment", "moved_on": "2025-08-18", "amount": "20.00"},
        named | {"kind": "reversal", "moved_on": "2025-08-20", "amount": "-20.00"},
    ]
    refused(close(books), 409, "nothing-to-export")


def test_a_period_in_which_only_other_currencies_moved_is_closed_with_an_empty_file(
    books: Books,
) -> None:
    francs = pay(books, "30.00", currency="CHF")
    export = ok(close(books))
    assert file(books, export).decode().splitlines()[1:] == []
    assert (export["entry_count"], export["debit_total"]) == (0, "0.00")
    assert [movement["number"] for movement in export["left_out"]] == [francs["number"]]


def test_the_matching_known_so_far_goes_with_the_entry(books: Books) -> None:
    invoice = books.invoice("10.00")
    ok(books.pay(invoice, received_on="2025-08-18"))
    alone = pay(books)
    books.wait_until_caught_up()
    coded = {(line.voucher, line.matching_code) for line in lines(books, ok(close(books)))}
    assert {code for voucher, code in coded if voucher != alone["number"]} == {"", "AA"}
    assert {code for voucher, code in coded if voucher == alone["number"]} == {""}
