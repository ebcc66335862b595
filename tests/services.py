"""The services by name: what each is made of, and the settings its own processes have."""

from importlib import import_module
from typing import Any

import orjson
import pytest

from deploy.local.stack import Stack
from shared.contracts import generate
from shared.service import Service
from shared.settings import Settings


def service_of(name: str) -> Service:
    """Return the definition of a service."""
    found: Service = import_module(f"services.{name}.service").SERVICE
    return found


def document_of(name: str) -> dict[str, Any]:
    """Return the published OpenAPI document of a service, which test_openapi.py holds true."""
    text = (generate.FOLDER / "openapi" / f"{name}.json").read_bytes()
    document: dict[str, Any] = orjson.loads(text)
    return document


def settings_of(stack: Stack, name: str) -> Settings:
    """Return the settings that a stack gives to the processes of a service."""
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in stack.environment(name).items():
            patch.setenv(variable, value)
        return Settings(_env_prefix=f"{name.upper()}_")
