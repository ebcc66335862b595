"""Identifiers: read from text, or derived, so that deciding again names the same thing.

They are the driver's own kind of UUID: it is a `uuid.UUID` in every respect, and reads, writes
and hashes itself in a tenth of the time.
"""

from typing import Annotated, Any
from uuid import UUID

import uuid_utils
from asyncpg.pgproto import pgproto
from pydantic import GetPydanticSchema
from pydantic_core import core_schema


def read_id(text: str) -> UUID:
    """Return the identifier that a text says; raise ValueError if it says none.

    >>> read_id("00000000-0000-0000-0000-00000000002a") == UUID(int=42)
    True
    """
    found: UUID = pgproto.UUID(text)
    return found


def quick_id(name: UUID) -> UUID:
    """Return the same identifier in the driver's own kind.

    >>> quick_id(UUID(int=42)) == UUID(int=42)
    True
    """
    same: UUID = pgproto.UUID(name.bytes)
    return same


def _id(value: Any, make: type[Any] = pgproto.UUID) -> UUID:
    if isinstance(value, str):
        found: UUID = make(value)
        return found
    if isinstance(value, UUID):
        return value if type(value) is make else quick_id(value)
    raise ValueError("an identifier is a UUID")


Id = Annotated[
    UUID,
    GetPydanticSchema(
        lambda _source, _handler: core_schema.no_info_plain_validator_function(
            _id, serialization=core_schema.to_string_ser_schema()
        ),
        lambda _schema, _handler: {"type": "string", "format": "uuid"},
    ),
]
"""An identifier in a fact."""


def derived_id(*parts: object) -> UUID:
    """Return the UUID that these parts always name.

    >>> derived_id("demo", "payment", 1) == derived_id("demo", "payment", 1)
    True
    """
    text = "acquit:" + "\n".join(map(str, parts))
    named: UUID = pgproto.UUID(uuid_utils.uuid5(uuid_utils.NAMESPACE_URL, text).bytes)
    return named
