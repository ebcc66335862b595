"""The names of the services.

The same as `shared.settings.SERVICES` (a test holds them together), which is not imported
here: it brings pydantic, and a command line that only asks for a status should answer at once.
"""

from typing import Final

SERVICES: Final = ("payments", "invoicing", "reconciliation", "archive")
