"""New identifiers, of the same kind as `shared.ids` reads: whoever calls decides nothing."""

from uuid import UUID

import uuid_utils
from asyncpg.pgproto import pgproto


def ordered_id() -> UUID:
    """Return a new identifier that sorts after those made before (UUIDv7)."""
    made: UUID = pgproto.UUID(uuid_utils.uuid7().bytes)
    return made


def random_id() -> UUID:
    """Return a new identifier that tells nothing (UUIDv4)."""
    made: UUID = pgproto.UUID(uuid_utils.uuid4().bytes)
    return made
