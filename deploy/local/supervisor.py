"""The process that owns a stack: runs it in the foreground until told to stop.

A part that ended by itself is started again, a few times; if that does not help, everything
is stopped and the reason said. When the supervisor goes, however it goes, everything goes.
"""

import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Final

from deploy.local.errors import StackError
from deploy.local.stack import Stack

WATCH_SECONDS: Final = 0.5
RESTARTS_MAX: Final = 5


def run(
    folder: Path, *, services: Sequence[str], ports: Mapping[str, int], say: Callable[[str], None]
) -> None:
    """Run the stack in the foreground until told to stop (Ctrl-C, SIGTERM)."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        with Stack(folder, services=services, ports=ports, say=say) as stack:
            for service, url in stack.urls.items():
                say(f"{service} is at {url}")
            _watch(stack, say)
    except KeyboardInterrupt:
        say("stopped")


def _stop(_number: int, _frame: FrameType | None) -> None:
    """Leave whatever is going on; what is asked twice is not done twice."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _watch(stack: Stack, say: Callable[[str], None]) -> None:
    """Start again what ends by itself; raise StackError when that does not help."""
    restarts: Counter[str] = Counter()
    while True:
        for name in stack.ended():
            restarts[name] += 1
            complaint = stack.parts[name].complaint()
            if restarts[name] > RESTARTS_MAX:
                raise StackError(f"{name} keeps ending by itself: {complaint}")
            say(f"{name} ended by itself and is started again: {complaint}")
            stack.restart(name)
        time.sleep(WATCH_SECONDS)
