"""The `acquit` command, which says at its end how much memory it had at most.

`python -m bench.command PEAK_FILE import fec …`: the process asks about itself, since what
the system tells a parent of its child counts what the parent had before the child began.
"""

import sys
from pathlib import Path

from bench.memory import peak_mb
from cli.main import app


def _main() -> None:
    peak_file = Path(sys.argv.pop(1))
    try:
        app()
    finally:
        peak_file.write_text(f"{peak_mb():.1f}", "ascii")


if __name__ == "__main__":
    _main()
