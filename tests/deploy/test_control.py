"""If these fail, `make up` leaves processes behind, or two stacks write into one folder."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from signal import SIGKILL

import psutil
import pytest

from deploy.local import control
from deploy.local.errors import AlreadyRunning, StackError
from deploy.local.process import PROJECT
from deploy.local.stack import Stack
from deploy.local.state import State
from tests.books import until

PATIENCE_SECONDS = 60


def acquit(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the stack's own command line."""
    command = [sys.executable, "-m", "deploy.local", *arguments]
    return subprocess.run(command, cwd=PROJECT, text=True, capture_output=True, check=False)


def family(folder: Path) -> list[psutil.Process]:
    """Return every process of the stack in a folder, the supervisor first."""
    supervisor = State.read(folder).supervisor
    assert supervisor
    process = psutil.Process(supervisor.pid)
    return [process, *process.children(recursive=True)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Bring a stack without services up through the command line."""
    found = tmp_path_factory.mktemp("up")
    first = acquit("up", "--folder", str(found), "--services", "")
    assert first.returncode == 0, first.stdout + first.stderr
    yield found
    control.down(found)


def test_a_second_up_says_that_it_is_already_running(folder: Path) -> None:
    before = State.read(folder)
    second = acquit("up", "--folder", str(folder))
    assert second.returncode == 0
    assert "already running" in second.stdout
    assert State.read(folder) == before


def test_status_says_where_everything_is(folder: Path) -> None:
    answer = acquit("status", "--json", "--folder", str(folder))
    found = json.loads(answer.stdout)
    assert answer.returncode == 0
    assert found["ready"]
    assert found["pids"].keys() == {"postgres", "kafka"}


def test_two_processes_do_not_run_the_stack_of_one_folder(folder: Path) -> None:
    with pytest.raises(AlreadyRunning):
        Stack(folder, services=()).start()
    assert control.status(folder).ready


def test_a_part_that_ended_by_itself_is_started_again(folder: Path) -> None:
    before = control.status(folder).pids["postgres"]
    os.kill(before, SIGKILL)

    def is_back() -> bool:
        now = control.status(folder).pids.get("postgres", before)
        return now != before and psutil.Process(now).name() == "postgres"

    until(is_back, PATIENCE_SECONDS)


def test_nothing_outlives_a_killed_supervisor(folder: Path) -> None:
    processes = family(folder)
    assert {"java", "postgres"} <= {process.name() for process in processes}
    processes[0].kill()
    _, alive = psutil.wait_procs(processes, timeout=PATIENCE_SECONDS)
    assert not alive
    assert not control.status(folder).running
    assert acquit("status", "--folder", str(folder)).returncode == 1


def test_taking_down_what_is_not_up_says_so(tmp_path: Path) -> None:
    answer = acquit("down", "--folder", str(tmp_path))
    assert answer.returncode == 0
    assert "nothing was running" in answer.stdout


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = acquit("up", "--folder", str(tmp_path), "--port", f"postgres={port}")
    assert answer.returncode == 1
    assert f"port {port} asked for postgres is taken" in answer.stdout
    assert not control.status(tmp_path).running


def test_a_data_folder_of_another_kind_stops_the_start_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    with pytest.raises(StackError, match="postgres ended while starting"):
        Stack(tmp_path, services=()).start()
    assert not control.status(tmp_path).pids


def test_a_damaged_state_says_what_to_delete(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text("{", "utf-8")
    with pytest.raises(StackError, match=r"stack\.json is damaged"):
        control.up(tmp_path)


def test_a_full_disk_is_said_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.local.state.FREE_BYTES_MIN", sys.maxsize)
    with pytest.raises(StackError, match="make room"):
        control.up(tmp_path)
