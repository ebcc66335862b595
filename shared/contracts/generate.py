"""Write the contracts: `python -m shared.contracts.generate services.payments.service:SERVICE …`.

Events and topics are always written; each service that is named gets its OpenAPI document.
A change that breaks a published event version is refused, and nothing is written: give the
changed fact a new wire name, or put back what was taken away.
"""

import importlib
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from fastapi import FastAPI
from pydantic import SecretStr
from typing_extensions import override

from shared.contracts import asyncapi
from shared.contracts.compatibility import breaking_changes
from shared.contracts.schemas import Schema, event_schemas
from shared.service import Service, create_app
from shared.settings import Settings

FOLDER = Path(__file__).parent


def contracts(services: Iterable[Service]) -> dict[str, str]:
    """Return every contract's text, by its path in the folder."""
    texts = {f"events/{name}.json": as_json(schema) for name, schema in event_schemas().items()}
    texts["asyncapi.yaml"] = as_yaml(asyncapi.document())
    for service in services:
        texts[f"openapi/{service.name}.json"] = as_json(openapi(service))
    return texts


def openapi(service: Service) -> dict[str, Any]:
    """Return the OpenAPI document of a service."""
    return app_to_describe(service).openapi()


def app_to_describe(service: Service) -> FastAPI:
    """Return a service's application to look at: nothing is opened or connected for it."""
    nothing = SecretStr("")
    settings = Settings(
        database_url=SecretStr("postgresql+asyncpg://nobody@localhost/nothing"),
        kafka_servers="",
        port=1,
        signing_key=nothing,
        public_keys={},
        auth_issuer="",
        auth_jwks_url="https://localhost/",
        journal_urls={},
        service_token=nothing,
    )
    return create_app(service, settings, follow=False)


def published(folder: Path = FOLDER) -> dict[str, Schema]:
    """Return the event schemas as they are checked in, by wire name."""
    files = sorted((folder / "events").glob("*.json"))
    return {file.stem: json.loads(file.read_text("utf-8")) for file in files}


def as_json(value: Mapping[str, Any]) -> str:
    """Write a document for people to read and git to compare."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def as_yaml(value: Mapping[str, Any]) -> str:
    """Write a document as YAML: long texts line by line, nothing by reference."""
    text: str = yaml.dump(
        value, Dumper=_Plain, sort_keys=False, allow_unicode=True, default_flow_style=False
    )
    return text


class _Plain(yaml.SafeDumper):
    @override
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Plain.add_representer(str, _text)


def main(names: list[str], folder: Path = FOLDER) -> int:
    """Write what changed; return 1 if that would break what is published."""
    services = [named_service(name) for name in names]
    broken = breaking_changes(published(folder), event_schemas())
    for sentence in broken:
        sys.stderr.write(f"{sentence}\n")
    if broken:
        sys.stderr.write("A published version never changes: give the fact a new wire name.\n")
        return 1
    for path, content in contracts(services).items():
        file = folder / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(content, "utf-8")
    return 0


def named_service(name: str) -> Service:
    """Return the service that `module:NAME` names."""
    module, _, attribute = name.partition(":")
    service: Service = getattr(importlib.import_module(module), attribute)
    return service


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
