"""Canonical bytes: the one way to write plain data as JSON (RFC 8785).

Within the subset accepted here (ASCII keys, integers within 2**53 - 1, no floats, no lone
surrogates) orjson with sorted keys writes exactly what the standard says.
"""

from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel

from shared.dates import instant_text
from shared.money import Money

_INTEGER_MAX = 2**53 - 1  # what every JSON reader keeps exactly (RFC 7493, section 2.2)
_OPTIONS = (
    orjson.OPT_SORT_KEYS
    | orjson.OPT_STRICT_INTEGER
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_DATACLASS
)


class NotCanonicalError(ValueError):
    """A value outside the subset that is sealed: a float, a huge integer, a lone surrogate."""


def canonical(value: dict[str, Any]) -> bytes:
    """Return the RFC 8785 bytes of plain data; raise NotCanonicalError outside the subset."""
    try:
        _check(value)
    except RecursionError as error:
        raise NotCanonicalError(str(error)) from error
    return _dumped(value)


def canonical_of(kind: type[BaseModel], value: dict[str, Any]) -> bytes:
    """Return the RFC 8785 bytes of data that hold a model of this kind, plain or not, or are one.

    What the kind rules out need not be looked for in each. Raises NotCanonicalError.
    """
    _check_kind(kind)
    return _dumped(value)


def _dumped(value: dict[str, Any]) -> bytes:
    """Write data whose types were checked; orjson refuses huge integers and surrogates."""
    try:
        return orjson.dumps(value, default=_plain, option=_OPTIONS)
    except (orjson.JSONEncodeError, UnicodeEncodeError) as error:
        raise NotCanonicalError(str(error)) from error


def _plain(value: Any) -> Any:
    """Return a part of a fact as its model would write it, in a tenth of the time."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Money):
        return {"currency": value.currency, "value": str(value)}
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, BaseModel):
        return value.__dict__
    raise TypeError(f"{type(value).__name__} is not sealed")


@cache
def _check_kind(kind: type[BaseModel]) -> None:
    """Raise NotCanonicalError when models of this kind could hold what is not sealed."""
    schema = kind.model_json_schema(mode="serialization")
    for name, part in {**schema["properties"], **schema.get("$defs", {})}.items():
        if (found := _unsealable(part)) is not None:
            raise NotCanonicalError(f"{kind.__name__}.{name} may hold {found}")


def _unsealable(schema: Any) -> object:
    """Return the part of a JSON schema that allows a float, or keys that are not declared."""
    if isinstance(schema, list):
        return next((f for part in schema if (f := _unsealable(part)) is not None), None)
    if not isinstance(schema, dict):
        return None
    typed = {"type", "$ref", "anyOf", "const", "enum"} & set(schema)
    if not typed or schema.get("type") == "number" or schema.get("additionalProperties"):
        return schema
    parts = [*schema.get("properties", {}).values(), *schema.get("anyOf", [])]
    return _unsealable([*parts, *([schema["items"]] if "items" in schema else [])])


def _check(value: object) -> None:
    if isinstance(value, str):
        return
    if isinstance(value, dict):
        if not all(map(_is_key, value)):
            raise NotCanonicalError("a key is not ASCII text")
        for item in value.values():
            _check(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item)
    elif not (value is None or (isinstance(value, int) and abs(value) <= _INTEGER_MAX)):
        raise NotCanonicalError(f"{value!r:.40} of type {type(value).__name__} is not sealed")


def _is_key(key: object) -> bool:
    return isinstance(key, str) and key.isascii()
