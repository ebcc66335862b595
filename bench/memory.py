"""The most memory that a process had at once."""

from pathlib import Path

_KB_PER_MB = 1_024
_FORGET_PEAK = "5"  # proc(5): resets VmHWM to what is resident now


class Peak:
    """How far above what it had at the start a running process went, children left out."""

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        Path(f"/proc/{pid}/clear_refs").write_text(_FORGET_PEAK, "ascii")
        self._before = self._read("VmRSS")

    def mb_more(self) -> float:
        """Return by how many MB the process grew at most."""
        return (self._read("VmHWM") - self._before) / _KB_PER_MB

    def _read(self, name: str) -> int:
        lines = self._status.read_text("ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
