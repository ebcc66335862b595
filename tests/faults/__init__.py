"""Faults under load: see `docs/reliability.md` for what is promised and what was measured."""

from tests.faults import deploys, disk_full, kills, outages, overload, topics, writers
from tests.faults.registry import FAULTS

__all__ = ["FAULTS", "deploys", "disk_full", "kills", "outages", "overload", "topics", "writers"]
