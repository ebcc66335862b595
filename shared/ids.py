"""Identifiers that follow from others, so that deciding again names the same thing."""

from uuid import NAMESPACE_URL, UUID, uuid5


def derived_id(*parts: object) -> UUID:
    """Return the UUID that these parts always name.

    >>> derived_id("demo", "payment", 1) == derived_id("demo", "payment", 1)
    True
    """
    return uuid5(NAMESPACE_URL, "acquit:" + "\n".join(map(str, parts)))
