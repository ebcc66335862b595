"""Faults under load: see `docs/reliability.md` for what is promised and what was measured."""

from tests.faults import kills, outages
from tests.faults.registry import FAULTS

__all__ = ["FAULTS", "kills", "outages"]
