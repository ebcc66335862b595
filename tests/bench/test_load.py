"""If these failed, the load generator would count what was not answered, or hide what was late."""

import math
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bench.sending import Pace, Target, percentile_ms, send

ANSWER = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"
PAUSE_SECONDS = 0.3


@contextmanager
def empty_endpoint() -> Iterator[Target]:
    command = [sys.executable, "-m", "bench.empty"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        yield Target(port=int(process.stdout.readline()), token="t")
        process.communicate()


@contextmanager
def slow_endpoint(answers: list[tuple[float, bytes]]) -> Iterator[Target]:
    """Answer one connection's requests in turn: after a pause, with these bytes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                for pause, answer in answers:
                    connection.recv(65_536)
                    time.sleep(pause)
                    connection.sendall(answer[:30])
                    connection.sendall(answer[30:])
                connection.recv(65_536)

        serving = threading.Thread(target=serve)
        serving.start()
        yield Target(port=server.getsockname()[1], token="t")
        serving.join()


def test_every_request_is_sent_once_and_answered() -> None:
    with empty_endpoint() as target:
        requests = [target.request("PUT", f"/{number}", {"n": number}) for number in range(500)]
        sent = send(target, requests, Pace(connections=16))
    assert sent.statuses == {"201": 500}
    assert sent.count == 500
    assert not any(map(math.isnan, sent.latency))


def test_time_ends_a_closed_loop_and_what_was_not_sent_is_not_counted() -> None:
    with empty_endpoint() as target:
        request = target.request("GET", "/")
        sent = send(target, [request] * 1_000_000, Pace(connections=2, seconds_max=0.2))
    assert 0 < sent.count < 1_000_000
    assert sent.count == sum(sent.statuses.values())
    assert sent.seconds < 5


def test_a_closed_loop_sends_again_what_was_put_off_and_goes_on_counting() -> None:
    busy = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 2\r\n\r\n{}"
    with slow_endpoint([(0.0, busy), (0.0, ANSWER)]) as target:
        sent = send(target, [target.request("PUT", "/1", {})], Pace(connections=1))
    assert sent.statuses == {"201": 1}
    assert 1.0 <= sent.latency[0] < 5.0


def test_more_connections_than_requests_come_to_an_end() -> None:
    with empty_endpoint() as target:
        sent = send(target, [target.request("GET", "/")] * 3, Pace(connections=8))
    assert sent.count == 3


def test_an_open_loop_keeps_its_rate() -> None:
    with empty_endpoint() as target:
        requests = [target.request("GET", "/")] * 200
        sent = send(target, requests, Pace(connections=4, per_second=1_000))
    assert sent.begun[199] - sent.begun[0] == pytest.approx(0.199)
    assert sent.seconds >= 0.199


def test_latency_counts_from_when_a_request_was_due_not_from_when_it_could_be_sent() -> None:
    with slow_endpoint([(PAUSE_SECONDS, ANSWER), *[(0.0, ANSWER)] * 9]) as target:
        requests = [target.request("GET", "/")] * 10
        sent = send(target, requests, Pace(connections=1, per_second=100))
    assert sent.latency[0] >= PAUSE_SECONDS
    assert sent.latency[5] >= PAUSE_SECONDS - 0.06, "it waited for the first one's answer"


def test_a_connection_that_is_lost_under_a_request_fails_the_run(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with slow_endpoint([]) as target, pytest.raises(RuntimeError):
        send(target, [target.request("GET", "/")], Pace(connections=1))
    assert "a connection was lost under a request" in capfd.readouterr().err


def test_a_percentile_leaves_out_what_was_not_answered() -> None:
    assert percentile_ms([0.001, math.nan, 0.003], 0.99) == 3.0
