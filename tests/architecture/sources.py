"""The project's own code, to be looked at."""

import ast
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[2]


def modules(*patterns: str) -> list[str]:
    """Return the paths of the modules that a pattern finds, from the project's folder."""
    found = {path for pattern in patterns for path in PROJECT.glob(pattern)}
    return sorted(str(path.relative_to(PROJECT)) for path in found)


def text(module: str) -> str:
    return (PROJECT / module).read_text("utf-8")


def nodes(module: str) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(text(module)))


def name_of(node: ast.AST) -> str | None:
    """Return the last part of a name: `today` of `date.today`; None of anything else."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else None
