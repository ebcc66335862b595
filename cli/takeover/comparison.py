"""After a takeover: our balances and matching groups beside the file's, and why they differ.

A difference is explained when something of that customer, or of that group, was refused
or could not be told; the report says which lines. Anything else is a defect.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from cli.client import Client
from cli.takeover import bodies
from cli.takeover.items import Item, Plan
from cli.takeover.replay import Refused
from shared.money import Money, decimal_text

Name = tuple[str, UUID]


@dataclass(frozen=True, slots=True)
class BalanceDiffers:
    """A customer whose balance is not the file's."""

    customer: str
    name: str
    file: str
    ours: str
    explained_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupDiffers:
    """A matching group of the file that is not one of ours."""

    customer: str
    code: str
    lines: tuple[int, ...]
    explained_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The report; `unexplained` counts what nothing accounts for."""

    customers: int
    balances_equal: int
    balances_different: tuple[BalanceDiffers, ...]
    groups: int
    groups_equal: int
    groups_different: tuple[GroupDiffers, ...]
    not_taken_over: tuple[dict[str, Any], ...]
    refused: tuple[dict[str, Any], ...]

    @property
    def unexplained(self) -> int:
        """Count differences without an explanation."""
        differing: list[BalanceDiffers | GroupDiffers] = [
            *self.balances_different,
            *self.groups_different,
        ]
        return sum(1 for difference in differing if not difference.explained_by)

    def as_json(self) -> dict[str, Any]:
        """Return the report for machines."""
        return asdict(self) | {"unexplained": self.unexplained}


async def compare(client: Client, plan: Plan, refused: Sequence[Refused]) -> Comparison:
    """Read our balances and groups, and hold them against the plan's file."""
    ledger = client.ledger
    reasons: dict[str, list[str]] = defaultdict(list)
    for item in refused:
        reasons[item.customer].append(f"lines {_lines(item.lines)}: {item.reason}")
    balances = await client.get("reconciliation", "/balances")
    ours = {
        UUID(row["customer_id"]): Money.parse(row["balance"], row["currency"]).cents
        for row in balances
    }
    different = tuple(
        BalanceDiffers(
            customer=customer.code,
            name=customer.name,
            file=decimal_text(plan.balances[customer.key]),
            ours=decimal_text(found),
            explained_by=tuple(reasons[customer.key]),
        )
        for customer in plan.customers
        if (found := ours.get(bodies.customer_id(ledger, customer.key), 0))
        != plan.balances[customer.key]
    )
    our_groups = _groups(await client.pages("reconciliation", "/items"))
    groups, groups_different = _compare_groups(ledger, plan, our_groups, reasons)
    return Comparison(
        customers=len(plan.customers),
        balances_equal=len(plan.customers) - len(different),
        balances_different=different,
        groups=groups,
        groups_equal=groups - len(groups_different),
        groups_different=groups_different,
        not_taken_over=tuple(asdict(left) for left in plan.not_taken_over),
        refused=tuple(asdict(item) for item in refused),
    )


def _groups(items: Sequence[Mapping[str, Any]]) -> set[frozenset[Name]]:
    """Return our balanced groups, each as the set of its items."""
    groups: dict[str, set[Name]] = defaultdict(set)
    for item in items:
        if item["matching_code"]:
            groups[item["group_id"]].add((item["kind"], UUID(item["id"])))
    return {frozenset(members) for members in groups.values()}


def _compare_groups(
    ledger: str,
    plan: Plan,
    ours: set[frozenset[Name]],
    reasons: Mapping[str, list[str]],
) -> tuple[int, tuple[GroupDiffers, ...]]:
    items: dict[str, Item] = {item.key: item for item in plan.items}
    whole = [m for m in plan.matchings if m.balanced and len(m.item_keys) > 1]
    different = tuple(
        GroupDiffers(
            customer=matching.customer,
            code=matching.code,
            lines=matching.lines,
            explained_by=tuple(reasons.get(matching.customer, ())),
        )
        for matching in whole
        if frozenset(bodies.item_name(ledger, items[key]) for key in matching.item_keys) not in ours
    )
    return len(whole), different


def _lines(lines: Sequence[int]) -> str:
    return ", ".join(str(line) for line in lines)
