"""Logs and metrics: noun phrases with keys, the same names in every service.

No log line carries a body, a name or an IBAN.
"""

import logging
import sys
import time
from collections.abc import MutableMapping
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


def start_logging(service: str, log_format: str) -> None:
    """Send structured lines to standard output, each with the service's name."""
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )

    def name_service(
        _logger: object, _method: str, line: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        line["service"] = service
        return line

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            name_service,
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
    )
    logging.basicConfig(stream=sys.stdout, level=logging.WARNING, format="%(name)s %(message)s")


class Metrics:
    """The signals of one process (Prometheus)."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.commands = Counter(
            "commands",
            "Requests that ask for a change",
            ["route", "outcome"],
            registry=self.registry,
        )
        self._counted: dict[tuple[str, str, str], Counter] = {}
        self.command_seconds = Histogram(
            "command_seconds",
            "From the request to the answer",
            registry=self.registry,
            buckets=(0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
        )
        self.journal_position = Gauge(
            "journal_position",
            "Last position written or relayed",
            ["ledger"],
            registry=self.registry,
        )
        self.follower_lag = Gauge(
            "follower_lag_entries", "Messages not applied yet", ["source"], registry=self.registry
        )
        self.follower_stopped = Gauge(
            "follower_stopped",
            "1 when a fact could not be applied",
            ["source"],
            registry=self.registry,
        )
        self.relay_altered_journals = Gauge(
            "relay_altered_journals",
            "Ledgers whose next entry does not continue the chain, and is not sent",
            registry=self.registry,
        )

    def answered(self, method: str, path: str, outcome: str, started: float) -> None:
        """Count a request that asked for a change; `started` is a reading of `perf_counter`."""
        self.command_seconds.observe(time.perf_counter() - started)
        key = method, path, outcome
        if key not in self._counted:
            self._counted[key] = self.commands.labels(f"{method} {path}", outcome)
        self._counted[key].inc()
