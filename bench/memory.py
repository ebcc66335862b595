"""The most memory that a process had at once."""

from pathlib import Path

_KB_PER_MB = 1_024
_FORGET_PEAK = "5"  # proc(5): resets VmHWM to what is resident now


def peak_mb() -> float:
    """Return the most memory this process ever had, in MB."""
    return _read("self", "VmHWM")


class Peak:
    """How far above what it had at the start a running process went, children left out."""

    def __init__(self, pid: int) -> None:
        self._pid = str(pid)
        Path(f"/proc/{pid}/clear_refs").write_text(_FORGET_PEAK, "ascii")
        self._before = _read(self._pid, "VmRSS")

    def mb_more(self) -> float:
        """Return by how many MB the process grew at most."""
        return _read(self._pid, "VmHWM") - self._before


def _read(pid: str, name: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    kilobytes = next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
    return kilobytes / _KB_PER_MB
