"""If these failed, there would be code that nobody takes in at one sitting."""

import ast
from collections.abc import Iterator

from tests.architecture.sources import modules, nodes, text

MODULE_LINES_MAX = 300
FUNCTION_LINES_MAX = 40
ROOMS = ("services", "shared", "cli", "deploy", "bench")
_MIGRATION = "one statement per table, all in one step; a migration is never changed"
LONGER = {
    f"services/{service}/migrations/v0001_open_the_books.py upgrade": _MIGRATION
    for service in ("invoicing", "payments", "reconciliation")
}


def too_long() -> Iterator[str]:
    """Yield the modules, and the functions of modules, that are longer than we want."""
    for module in modules(*(f"{room}/**/*.py" for room in (*ROOMS, "tests"))):
        if len(text(module).splitlines()) > MODULE_LINES_MAX:
            yield module
    for module in modules(*(f"{room}/**/*.py" for room in ROOMS)):
        for node in nodes(module):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno
                if node.end_lineno - node.lineno >= FUNCTION_LINES_MAX:
                    yield f"{module} {node.name}"


def test_modules_and_functions_are_short_or_there_is_a_reason() -> None:
    longer = set(too_long()) - LONGER.keys()
    assert not longer, "\n".join(sorted(longer))


def test_no_reason_is_given_for_what_is_short() -> None:
    assert LONGER.keys() <= set(too_long())
