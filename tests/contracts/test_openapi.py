"""If these failed, the HTTP APIs would not be what their documents promise."""

from typing import Any

import pytest

from shared.contracts import generate
from shared.names import SERVICES
from tests.services import document_of, service_of

RENEW = "renew it: python -m shared.contracts.generate " + " ".join(
    f"services.{name}.service:SERVICE" for name in SERVICES
)
ANSWERS_WITHOUT_A_RIGHT = {"/livez", "/readyz", "/metrics"}


@pytest.fixture(params=SERVICES)
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    return document_of(request.param)


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return every operation under its path and method."""
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if path not in ANSWERS_WITHOUT_A_RIGHT
    ]


@pytest.mark.parametrize("name", SERVICES)
def test_the_document_that_is_checked_in_is_the_service_s(name: str) -> None:
    text = (generate.FOLDER / "openapi" / f"{name}.json").read_text("utf-8")
    assert text == generate.as_json(generate.openapi(service_of(name))), RENEW


def test_every_operation_says_what_it_does_and_how_it_refuses(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert operation["summary"], name
        assert operation["description"], name
        for status in ("401", "403", "422"):
            problem = operation["responses"][status]["content"]["application/problem+json"]
            assert problem["examples"], f"{name} {status}"


def test_every_operation_has_its_own_name(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations(document)]
    assert len(names) == len(set(names))


def test_no_amount_travels_as_a_number_that_a_reader_could_round(document: dict[str, Any]) -> None:
    assert '"type": "number"' not in generate.as_json(document)


def test_a_problem_has_one_status_whichever_service_answers_it() -> None:
    statuses: dict[str, set[str]] = {}
    for name in SERVICES:
        for _, operation in operations(document_of(name)):
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
        assert document_of(name)["openapi"].startswith("3.1")
