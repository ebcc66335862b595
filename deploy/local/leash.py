"""Run a command that can't outlive the process that started it (Linux only).

Usage: `leash.py <parent pid> <signal number> <command>…`. The kernel sends the command that
signal when the thread that started it ends, whatever ended it, kill -9 included. Imports
nothing of the project: PostgreSQL is started through it by a user who may read little.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask the kernel for the signal, make sure the parent still lives, become the command."""
    parent, signal_number, *command = sys.argv[1:]
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal_number))
    if os.getppid() != int(parent):
        sys.exit("whoever asked for this process is gone")
    os.execvp(command[0], command)  # noqa: S606 - the command is our caller's own


if __name__ == "__main__":
    main()
