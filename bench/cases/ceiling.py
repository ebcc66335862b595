"""The load generator itself, against an endpoint that does nothing."""

import subprocess
import sys
from functools import partial
from uuid import UUID

from bench.case import REQUESTS, Case, Sample, Trial
from bench.lab import Lab
from bench.sending import Pace, Target, send

_PER_SECOND_MAX = 150_000  # more than any machine we know lets it send


def _measure(lab: Lab, *, connections: int) -> Sample:
    seconds = min(2.0, lab.effort.seconds)  # it holds every request in memory
    command = [sys.executable, "-m", "bench.empty"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as empty:  # noqa: S603 - ourselves
        assert empty.stdout
        target = Target(port=int(empty.stdout.readline()), token="x" * 400)
        body = {"customer_id": str(UUID(int=0)), "amount": "12.34", "reference": "VIR 2025-000123"}
        request = target.request("PUT", f"/v1/ledgers/bench/payments/{UUID(int=0)}", body)
        requests = [request] * int(_PER_SECOND_MAX * seconds)
        sent = send(target, requests, Pace(connections=connections, seconds_max=seconds))
        empty.communicate()  # closes its input, which ends it
    return Sample(
        value=sent.count / sent.seconds,
        rate=sent.count / sent.seconds,
        count=sent.count,
        p50_ms=sent.percentile_ms(0.5),
        p99_ms=sent.percentile_ms(0.99),
        client_cpu=1000 * sent.cpu_seconds / sent.count,
    )


CASE = Case(
    name="generator-ceiling",
    what="the load generator against an endpoint that does nothing, 64 connections",
    unit=REQUESTS,
    start=lambda lab: Trial(ours=partial(_measure, lab, connections=64)),
)
