"""If these failed, the HTTP APIs would not be what their documents promise."""

import json
from importlib import import_module
from typing import Any

import pytest

from shared.contracts import generate
from shared.names import SERVICES
from shared.service import Service

RENEW = "renew it: python -m shared.contracts.generate " + " ".join(
    f"services.{name}.service:SERVICE" for name in SERVICES
)
ANSWERS_WITHOUT_A_RIGHT = {"/livez", "/readyz", "/metrics"}


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> Service:
    found: Service = import_module(f"services.{request.param}.service").SERVICE
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return every operation under its path and method."""
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if path not in ANSWERS_WITHOUT_A_RIGHT
    ]


def test_the_document_that_is_checked_in_is_the_service_s(service: Service) -> None:
    text = (generate.FOLDER / "openapi" / f"{service.name}.json").read_text("utf-8")
    assert text == generate.as_json(generate.openapi(service)), RENEW


def test_every_operation_says_what_it_does_and_how_it_refuses(service: Service) -> None:
    for name, operation in operations(generate.openapi(service)):
        assert operation["summary"], name
        assert operation["description"], name
        for status in ("401", "403", "422"):
            problem = operation["responses"][status]["content"]["application/problem+json"]
            assert problem["examples"], f"{name} {status}"


def test_every_operation_has_its_own_name(service: Service) -> None:
    names = [operation["operationId"] for _, operation in operations(generate.openapi(service))]
    assert len(names) == len(set(names))


def test_no_amount_travels_as_a_number_that_a_reader_could_round(service: Service) -> None:
    assert '"type": "number"' not in generate.as_json(generate.openapi(service))


def test_a_problem_has_one_status_whichever_service_answers_it() -> None:
    statuses: dict[str, set[str]] = {}
    for name in SERVICES:
        document = generate.openapi(import_module(f"services.{name}.service").SERVICE)
        for _, operation in operations(document):
            for status, response in operation["responses"].items():
                content = response.get("content", {}).get("application/problem+json", {})
                for code in content.get("examples", ()):
                    statuses.setdefault(code, set()).add(status)
    assert "unknown-customer" in statuses
    assert {code: found for code, found in statuses.items() if len(found) > 1} == {}


def test_the_documents_are_for_services_that_there_are() -> None:
    files = {file.stem for file in (generate.FOLDER / "openapi").glob("*.json")}
    assert files == set(SERVICES)
    for name in files:
        text = (generate.FOLDER / "openapi" / f"{name}.json").read_text("utf-8")
        assert json.loads(text)["openapi"].startswith("3.1")
