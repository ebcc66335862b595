"""The names of the services, in a module that costs nothing to import."""

from typing import Final, Literal

ServiceName = Literal["payments", "invoicing", "reconciliation", "archive"]
SERVICES: Final[tuple[ServiceName, ...]] = ("payments", "invoicing", "reconciliation", "archive")
