"""If these failed, the same decision could come out otherwise tomorrow, or cost a cent.

What a decision reaches through what it imports, `lint-imports` holds (see pyproject.toml).
"""

import ast

import pytest

from tests.architecture.sources import modules, name_of, nodes

MAY_IMPORT = {
    "collections.abc",
    "dataclasses",
    "datetime",
    "decimal",
    "functools",
    "itertools",
    "msgspec",
    "msgspec.structs",
    "typing",
    "uuid",
    "shared.dates",
    "shared.decider",
    "shared.errors",
    "shared.events",
    "shared.fec",
    "shared.ids",
    "shared.money",
    "shared.numbering",
    "shared.checking",
    "shared.seal",
}
CLOCKS_AND_IDS = {"now", "today", "utcnow", "uuid1", "uuid4", "uuid6", "uuid7"}
FLOATS = {"float", "Float", "Double"}

decisions = pytest.mark.parametrize("module", modules("services/*/domain/*.py"))
where_money_is = pytest.mark.parametrize(
    "module",
    modules("services/**/*.py", "shared/events/*.py", "shared/fec/*.py", "shared/money.py"),
)


@decisions
def test_a_decision_knows_only_what_is_pure(module: str) -> None:
    own = ".".join(module.split("/")[:3])
    for node in nodes(module):
        if isinstance(node, ast.Import):
            assert {alias.name for alias in node.names} <= MAY_IMPORT
        if isinstance(node, ast.ImportFrom):
            assert node.module
            facts = node.module.startswith("shared.events.")
            assert facts or node.module.startswith(own) or node.module in MAY_IMPORT, node.module
            assert not {alias.name for alias in node.names} & CLOCKS_AND_IDS


@decisions
def test_a_decision_is_told_the_time_and_given_names(module: str) -> None:
    calls = [node.func for node in nodes(module) if isinstance(node, ast.Call)]
    assert not {name_of(function) for function in calls} & CLOCKS_AND_IDS


@where_money_is
def test_no_amount_is_a_float_not_even_for_a_moment(module: str) -> None:
    for node in nodes(module):
        assert name_of(node) not in FLOATS
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            exact = {name_of(part) for part in ast.walk(node)} & {"Decimal", "Path"}
            assert exact, f"line {node.lineno}: {ast.unparse(node)}"
