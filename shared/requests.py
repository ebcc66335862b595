"""Names given by clients: the same name and content change nothing, other content is refused.

`PUT` carries the name in its path. `POST` carries an `Idempotency-Key` from which the
name is derived, for clients that can't make UUIDs.
"""

import hashlib
from typing import Annotated

from fastapi import Header
from pydantic import BaseModel

from shared.canonical import canonical_of

IdempotencyKey = Annotated[
    str,
    Header(
        min_length=1,
        max_length=200,
        description="Any text that is unique to what you record; repeat it to retry safely",
    ),
]


def fingerprint(body: BaseModel) -> str:
    """Return the SHA-256 of what the client sent, without what it left out."""
    plain = body.model_dump(mode="json", exclude_unset=True)
    return hashlib.sha256(canonical_of(type(body), plain)).hexdigest()
