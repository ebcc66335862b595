"""Compatibility: what may change in a published version of an event.

The invariant: every entry ever written stays valid and keeps its meaning, and whoever
reads a version as it was published reads every later entry of it. So a field may be
added if it has a default; anything else makes a new version, with a new wire name.
Words (titles, descriptions, examples) may change freely.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.contracts.schemas import Schema

_WORDS = frozenset({"title", "description", "examples", "$comment", "$defs"})


def breaking_changes(published: Mapping[str, Schema], proposed: Mapping[str, Schema]) -> list[str]:
    """Return in one sentence each what would break a published version; none if nothing would."""
    found = []
    for name, schema in published.items():
        if name not in proposed:
            found.append(f"{name}: the event was removed")
            continue
        differences = _differences(inlined(schema), inlined(proposed[name]), "")
        found += [f"{name}: {difference}" for difference in differences]
    return found


def inlined(schema: Schema) -> Schema:
    """Return a schema without words, with every definition in the place that refers to it."""
    definitions: Mapping[str, Any] = schema.get("$defs", {})

    def plain(part: Any) -> Any:
        if isinstance(part, list):
            return [plain(item) for item in part]
        if not isinstance(part, dict):
            return part
        if "$ref" in part:
            name = part["$ref"].removeprefix("#/$defs/")
            return plain({**definitions[name], **{k: v for k, v in part.items() if k != "$ref"}})
        if "properties" in part:
            named = {name: plain(field) for name, field in part["properties"].items()}
            return plain({k: v for k, v in part.items() if k != "properties"}) | {
                "properties": named
            }
        return {key: plain(value) for key, value in part.items() if key not in _WORDS}

    result: Schema = plain(schema)
    return result


def _differences(old: Any, new: Any, where: str) -> Iterator[str]:
    if not (isinstance(old, dict) and isinstance(new, dict)):
        if old != new:
            yield f"{where} changed from {old} to {new}"
        return
    keys = {*old, *new}
    if "properties" in old and "properties" in new:
        yield from _field_differences(old, new, where)
        keys -= {"properties", "required"}
    for key in sorted(keys):
        place = f"{where} {key}".lstrip()
        if key not in old:
            yield f"{place} is new: {new[key]}"
        elif key not in new:
            yield f"{place} was removed: {old[key]}"
        elif isinstance(old[key], list) and isinstance(new[key], list):
            yield from _list_differences(old[key], new[key], place)
        else:
            yield from _differences(old[key], new[key], place)


def _field_differences(old: Schema, new: Schema, where: str) -> Iterator[str]:
    before, after = old["properties"], new["properties"]
    needed_before, needed_after = set(old.get("required", ())), set(new.get("required", ()))
    for name in before:
        place = f"{where}.{name}".lstrip(".")
        if name not in after:
            yield f"the field {place} was removed"
            continue
        if (name in needed_before) != (name in needed_after):
            became = "required" if name in needed_after else "optional"
            yield f"the field {place} became {became}"
        yield from _differences(before[name], after[name], place)
    for name in sorted(needed_after - set(before)):
        yield f"the new field {where}.{name} has no default".replace(" .", " ")


def _list_differences(old: list[Any], new: list[Any], where: str) -> Iterator[str]:
    if where.endswith("anyOf") and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _differences(before, after, f"{where}[{index}]")
        return
    for item in old:
        if item not in new:
            yield f"{where} no longer has {item}"
    for item in new:
        if item not in old:
            yield f"{where} also has {item}"
