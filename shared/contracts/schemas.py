"""A JSON Schema per event version: the message on the topic, which is the sealed envelope.

Generated from the facts' own classes, so that what is published is what is written.
Fields with a default are not required: an entry written before they came lacks them.
"""

import importlib
import pkgutil
from inspect import cleandoc
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from shared import events
from shared.events import Event, event_types
from shared.seal import FORMAT

Schema = dict[str, Any]
F = TypeVar("F", bound=Event)

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Envelope(BaseModel, Generic[F]):
    """An entry of a journal as it is sealed, stored and published (RFC 8785 JSON)."""

    actor: str = Field(description="Who asked: a person, or `service:` and a service's name")
    causation_id: UUID | None = Field(description="The entry that obliged us to write this one")
    correlation_id: UUID = Field(description="The request at the beginning of it all")
    data: F
    format: Literal["acquit-1"] = Field(description="How bytes, hashes and signatures are made")
    id: UUID = Field(description="The entry's own identifier (UUIDv7)")
    ledger: str = Field(description="The books of one legal entity")
    position: int = Field(ge=1, description="The entry's place in its ledger's chain, without gaps")
    previous_hash: str = Field(
        pattern="^[0-9a-f]{64}$", description="SHA-256 of the entry before it, hexadecimal"
    )
    recorded_at: AwareDatetime = Field(description="When it was recorded, UTC, microseconds and Z")
    service: str
    stream: str = Field(description="What the fact is about")
    type: str


def load_events() -> dict[str, type[Event]]:
    """Import every module of facts; return every fact by its wire name."""
    for module in pkgutil.iter_modules(events.__path__, f"{events.__name__}."):
        importlib.import_module(module.name)
    return event_types()


def event_schemas() -> dict[str, Schema]:
    """Return the schema of every event version, by wire name."""
    return {name: event_schema(fact) for name, fact in sorted(load_events().items())}


def event_schema(fact: type[Event]) -> Schema:
    """Return the schema of one event version."""
    schema = Envelope[fact].model_json_schema(mode="serialization")  # type: ignore[valid-type] # a class at run time
    schema["properties"]["service"] = {"const": fact.type.partition(".")[0]}
    schema["properties"]["type"] = {"const": fact.type}
    schema["properties"]["format"] = {"const": FORMAT}
    schema |= {"title": fact.__name__, "description": cleandoc(fact.__doc__ or "")}
    return {"$schema": DIALECT, "$id": f"urn:acquit:contract:{fact.type}", **schema}
