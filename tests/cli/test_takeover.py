"""If these failed, a company that came to us would not find its own books again."""

import json
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from cli.main import app
from deploy.local.stack import Stack
from tests.books import Books, ok

REAL = Path(__file__).parents[3] / "shared" / "data" / "fec" / "111111111FEC20221231.TXT"
SAMPLE = Path(__file__).parents[2] / "samples" / "acquit-demo-2025.fec.txt"


@pytest.fixture(scope="module")
def acquit(stack: Stack) -> Iterator[CliRunner]:
    """Return the command line, pointed at the test's stack."""
    with pytest.MonkeyPatch.context() as patch:
        for service, url in stack.urls.items():
            patch.setenv(f"ACQUIT_{service.upper()}_URL", url)
        patch.setenv("ACQUIT_TOKEN", stack.mint_token("importer", {"*": ["*"]}, 1))
        yield CliRunner()


@pytest.fixture(scope="module")
def imported(acquit: CliRunner) -> tuple[str, Any]:
    """Import the sample, once; return the ledger and the report."""
    ledger = f"sample-{uuid4().hex[:8]}"
    return ledger, import_file(acquit, SAMPLE, ledger)


def import_file(acquit: CliRunner, path: Path, ledger: str, exit_code: int = 0) -> Any:
    answer = acquit.invoke(app, ["import", "fec", str(path), "--ledger", ledger, "--json"])
    assert answer.exit_code == exit_code, answer.output
    return json.loads(answer.stdout)


def heads(stack: Stack, ledger: str) -> dict[str, int]:
    with Books(stack, ledger) as books:
        return {name: report["position"] for name, report in books.positions().items()}


def test_a_real_companys_balances_and_groups_come_out_equal(acquit: CliRunner, ledger: str) -> None:
    if not REAL.exists():
        pytest.skip(f"the real file is not here: {REAL.name}")
    report = import_file(acquit, REAL, ledger)
    assert (report["customers"], report["balances_equal"]) == (34, 34)
    assert (report["groups"], report["groups_equal"]) == (45, 45)
    assert report["balances_different"] == report["groups_different"] == report["refused"] == []
    assert all(left["reason"] for left in report["not_taken_over"])


def test_importing_the_same_file_again_changes_nothing(
    acquit: CliRunner, stack: Stack, imported: tuple[str, Any]
) -> None:
    ledger, first = imported
    assert first["balances_equal"] == first["customers"] == 62
    assert first["groups_equal"] == first["groups"] == 476
    before = heads(stack, ledger)
    assert import_file(acquit, SAMPLE, ledger) == first
    assert heads(stack, ledger) == before


def test_receipts_are_numbered_in_the_order_of_the_file(
    stack: Stack, imported: tuple[str, Any]
) -> None:
    ledger, _ = imported
    with Books(stack, ledger) as books:
        found = sorted(pages(books, "payments"), key=itemgetter("number"))
    days = [payment["received_on"] for payment in found]
    assert days
    assert days == sorted(days)


def test_a_malformed_file_is_refused_as_a_whole_with_every_bad_line_named(
    acquit: CliRunner, stack: Stack, ledger: str, tmp_path: Path
) -> None:
    lines = SAMPLE.read_text("utf-8").splitlines()
    lines[40] = lines[40].replace(",", ".")
    lines[90] = lines[90].replace("\t2025", "\t2O25", 1)
    bad = tmp_path / "bad.txt"
    bad.write_text("\r\n".join(lines), "utf-8")
    answer = acquit.invoke(app, ["import", "fec", str(bad), "--ledger", ledger])
    assert answer.exit_code == 2
    assert "line 41, " in answer.stderr
    assert "line 91, " in answer.stderr
    assert "nothing was imported" in answer.stderr
    assert set(heads(stack, ledger).values()) == {0}


def test_the_exported_file_read_into_an_empty_ledger_gives_the_same_payments(
    acquit: CliRunner, stack: Stack, imported: tuple[str, Any], tmp_path: Path
) -> None:
    ledger, _ = imported
    period = ["--from", "2025-01-01", "--to", "2025-12-31", "--out", str(tmp_path)]
    answer = acquit.invoke(app, ["export", "fec", *period, "--ledger", ledger, "--json"])
    assert answer.exit_code == 0, answer.output
    exported = Path(json.loads(answer.stdout)["written_to"])
    again = f"{ledger}-again"
    import_file(acquit, exported, again)
    assert payments(stack, again) == payments(stack, ledger)


def payments(stack: Stack, ledger: str) -> list[tuple[str, ...]]:
    """Return every payment of a ledger: who, when, how much, how, where, and what became of it."""
    with Books(stack, ledger) as books:
        names = {c["customer_id"]: c["auxiliary_account"] for c in pages(books, "customers")}
        fields = ("received_on", "amount", "method", "bank_account", "state")
        found = [
            (names[payment["customer_id"]], *(payment[field] for field in fields))
            for payment in pages(books, "payments")
        ]
    return sorted(found)


def pages(books: Books, what: str) -> list[dict[str, Any]]:
    service = "invoicing" if what == "customers" else "payments"
    items: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": 500}
    while True:
        page = ok(books.get(service, f"/{what}", **query))
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        query["cursor"] = page["next_cursor"]
