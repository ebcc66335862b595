"""Ports of the stack: asked for, or the same as last time, or any that is free.

A port we pick ourselves lies below the range from which the system takes outgoing ports:
otherwise a client that keeps knocking at a stopped broker may be given the broker's own port.
"""

import random
import socket
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from deploy.local.errors import StackError
from shared.names import SERVICES

HOST: Final = "127.0.0.1"
LOWEST: Final = 15_000
OUTGOING_RANGE: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
ATTEMPTS_MAX: Final = 200
SOCKET_FOLDER_LENGTH_MAX: Final = 90  # 107 bytes, less the name of the socket


def choose(
    names: Collection[str], *, asked: Mapping[str, int], wished: Mapping[str, int]
) -> dict[str, int]:
    """Return a free port for each name.

    A port that was asked for and is taken raises StackError; one that was only wished for
    (the port of last time) gives way to another.
    """
    if unknown := asked.keys() - set(names):
        raise StackError(f"no port is called {', '.join(unknown)}; there are {', '.join(names)}")
    chosen: dict[str, int] = {}
    for name in names:
        port = asked.get(name) or wished.get(name, 0)
        if name in asked and not is_free(port):
            raise StackError(f"port {port} asked for {name} is taken; give another or none")
        if not port or port in chosen.values() or not is_free(port):
            port = _any_free(but=chosen.values())
        chosen[name] = port
    return chosen


def is_free(port: int) -> bool:
    """Say whether a server could listen on the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Say whether somebody listens on the port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def socket_folder(folder: Path) -> str:
    """Return where PostgreSQL of a stack's folder puts its socket; nothing where it can't.

    Over a socket an exchange costs a third of what it costs over TCP. The path of one is short, and
    in a list of folders it can't hold everything.
    """
    path = str(folder)
    return path if len(path) <= SOCKET_FOLDER_LENGTH_MAX and not set(path) & set(',"') else ""


def urls(ports: Mapping[str, int]) -> dict[str, str]:
    """Return the base URL of each service's API that has a port."""
    return {name: f"http://{HOST}:{ports[name]}" for name in SERVICES if name in ports}


def _any_free(*, but: Collection[int]) -> int:
    highest = int(OUTGOING_RANGE.read_text().split()[0])
    candidates = range(LOWEST, highest) if highest > LOWEST + ATTEMPTS_MAX else range(1_024, LOWEST)
    for _ in range(ATTEMPTS_MAX):
        port = random.choice(candidates)  # noqa: S311 - not a secret
        if port not in but and is_free(port):
            return port
    raise StackError("no free port was found; close some programs or give ports yourself")
