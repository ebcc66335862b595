"""If these fail, a process is left running, or one that is not ours is ended."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from signal import SIGTERM
from threading import Thread

import psutil
import pytest

from deploy.local.errors import StackError
from deploy.local.ports import choose, is_free
from deploy.local.process import PROJECT, Identity, Part, Program, run
from deploy.local.stack import Stack
from deploy.local.state import State

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]

PARENT = """
import os, sys
from pathlib import Path
from deploy.local.process import Part, Program
part = Part(Program(name="child", command={command}, log=Path(sys.argv[1]), environment=os.environ))
print(part.pid, flush=True)
sys.stdin.read()
"""


def program(log: Path, *command: str, patience_seconds: float = 30) -> Program:
    """Return a program of a test."""
    return Program(
        name="sleeper",
        command=list(command) or SLEEP,
        log=log,
        environment=os.environ,
        patience_seconds=patience_seconds,
    )


def test_a_process_does_not_outlive_its_parent(log: Path) -> None:
    command = [sys.executable, "-c", PARENT.format(command=SLEEP), str(log)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=PROJECT, stdin=pipe, stdout=pipe, text=True) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        child.wait(10)


def test_a_process_outlives_the_thread_that_asked_for_it(log: Path) -> None:
    parts: list[Part] = []
    asker = Thread(target=lambda: parts.append(Part(program(log))))
    asker.start()
    asker.join()
    time.sleep(0.2)
    assert parts[0].exit_code() is None
    parts[0].stop()


def test_a_process_that_does_not_listen_is_ended_when_patience_runs_out(log: Path) -> None:
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print('deaf', flush=True); time.sleep(600)"
    )
    part = Part(program(log, sys.executable, "-c", deaf, patience_seconds=0.5))
    part.wait_until(lambda: b"deaf" in log.read_bytes(), seconds=30)
    part.stop()
    assert part.exit_code() == -9


def test_a_part_that_ends_while_starting_is_quoted(log: Path) -> None:
    part = Part(program(log, sys.executable, "-c", "raise SystemExit('no room left')"))
    with pytest.raises(StackError, match=r"sleeper ended while starting: no room left .*part\.log"):
        part.wait_until(lambda: False, seconds=30)


def test_a_one_shot_that_fails_is_quoted_by_its_worst_line(log: Path) -> None:
    lines = "print('fine'); print('FATAL: it broke'); print('bye'); raise SystemExit(3)"
    with pytest.raises(StackError, match="sleeper failed: FATAL: it broke"):
        run(program(log, sys.executable, "-c", lines))


def test_an_id_that_now_names_another_process_is_left_alone() -> None:
    mine = Identity.of(os.getpid())
    assert mine.process()
    stranger = Identity(pid=mine.pid, started_ticks=mine.started_ticks - 1)
    assert stranger.process() is None
    stranger.end(patience_seconds=0)


def test_a_wished_port_that_is_taken_gives_way(log: Path) -> None:
    listen = (
        "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1])));"
        "print('listening', flush=True); time.sleep(600)"
    )
    (wished,) = choose(["a"], asked={}, wished={}).values()
    assert choose(["a"], asked={}, wished={"a": wished}) == {"a": wished}
    part = Part(program(log, sys.executable, "-c", listen, str(wished)))
    part.wait_until(lambda: not is_free(wished), seconds=30)
    assert choose(["a"], asked={}, wished={"a": wished}) != {"a": wished}
    part.end(SIGTERM)


def test_an_unknown_port_name_is_refused() -> None:
    with pytest.raises(StackError, match="no port is called b"):
        choose(["a"], asked={"b": 1}, wished={})


def test_parts_of_a_stack_can_be_restarted_at_the_same_time(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    with ThreadPoolExecutor(8) as threads:
        for written in [threads.submit(stack._write) for _ in range(400)]:  # noqa: SLF001
            written.result()
    assert State.read(tmp_path).supervisor == Identity.of(os.getpid())
