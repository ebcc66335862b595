"""If these failed, a person at the terminal would be left without a way out."""

import pytest
from typer.testing import CliRunner

from cli.main import app

COMMANDS = [
    ["up"], ["down"], ["status"], ["demo"], ["token"], ["verify"], ["close"], ["rebuild"],
    ["tamper"],
    ["import", "fec"], ["export", "fec"], ["payment", "record"], ["payment", "show"],
    ["payment", "reverse"], ["invoice", "show"], ["invoice", "list"],
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_with_an_example(command: list[str]) -> None:
    answer = CliRunner().invoke(app, [*command, "--help"])
    assert answer.exit_code == 0
    assert "Example:" in answer.stdout


def test_an_unreachable_service_is_said_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.client._TRIES_MAX", 0)
    for service in ("PAYMENTS", "INVOICING", "RECONCILIATION", "ARCHIVE"):
        monkeypatch.setenv(f"ACQUIT_{service}_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ACQUIT_TOKEN", "none")
    answer = CliRunner().invoke(app, ["verify"])
    assert answer.exit_code == 1
    assert "archive does not answer" in answer.stderr
    assert "Traceback" not in answer.output
