"""`make features`: each feature of the five guides with the test that proves it.

Collects the `feature` marks of all tests without running any, and ends with the line
`N of 188 proven`.
"""

import io
import sys
from contextlib import redirect_stdout

import pytest

GUIDES = {"S1": 32, "S2": 62, "S3": 27, "S4": 29, "S5": 38}
IDS = [f"{guide}-{number:02d}" for guide, count in GUIDES.items() for number in range(1, count + 1)]
RULES = [f"K{number}" for number in range(1, 13)]
WISHES = [f"U{number:02d}" for number in range(1, 23)]  # what nobody offered yet


class Collector:
    """A pytest plugin that notes which test proves which feature."""

    def __init__(self) -> None:
        self.proofs: dict[str, list[str]] = {name: [] for name in (*IDS, *RULES, *WISHES)}
        self.unknown: list[str] = []

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Read the marks of the tests collected."""
        for item in items:
            for mark in item.iter_markers("feature"):
                for name in mark.args:
                    if name in self.proofs:
                        self.proofs[name].append(item.nodeid)
                    else:
                        self.unknown.append(f"{name} in {item.nodeid}")


def collected() -> Collector:
    """Collect every test and return its marks."""
    found = Collector()
    with redirect_stdout(io.StringIO()):
        code = pytest.main(["--collect-only"], [found])
    if code:
        sys.exit(f"the tests could not be collected (pytest ended with {code}): run `make test`")
    return found


def main() -> None:
    """Print each id with its tests, then how many are proven."""
    found = collected()
    if found.unknown:
        sys.exit("no such feature: " + ", ".join(found.unknown))
    for name, tests in found.proofs.items():
        print(f"{name:6} {tests[0] if tests else '-'}")  # noqa: T201
        for test in tests[1:]:
            print(f"{'':6} {test}")  # noqa: T201
    proven = sum(1 for name in IDS if found.proofs[name])
    print(f"{proven} of {len(IDS)} proven")  # noqa: T201


if __name__ == "__main__":
    main()
