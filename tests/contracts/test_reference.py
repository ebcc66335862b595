"""If these failed, the API reference would describe another software than this one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
import pytest

from deploy.local.stack import Stack
from shared.contracts import reference
from shared.contracts.generate import app_to_describe
from shared.names import SERVICES
from tests.books import Books
from tests.services import service_of

RENEW = "renew it: make contracts"
EXAMPLES_MIN = 20
_EXAMPLE = re.compile(
    r"^## (?P<title>.+)\n\n(?:[^`#\n].*\n\n)?"
    r"`(?P<method>[A-Z]+) (?P<service>\w+) (?P<path>\S+)`"
    r"(?: · `(?P<header>[\w-]+): (?P<value>\S+)`)?\n\n"
    r"(?:```json\n(?P<body>[^`]+)\n```\n\n)?"
    r"Answer (?P<status>\d+):(?: `(?P<media>\S+)`|\n\n```json\n(?P<answer>[^`]+)\n```)$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Example:
    """A request of the page of examples, and what it says the answer is."""

    title: str
    method: str
    service: str
    path: str
    headers: dict[str, str]
    body: Any
    status: int
    media: str
    answer: dict[str, Any]


def examples() -> Iterator[Example]:
    for found in _EXAMPLE.finditer(reference.EXAMPLES.read_text("utf-8")):
        yield Example(
            title=found["title"],
            method=found["method"],
            service=found["service"],
            path=found["path"],
            headers={found["header"]: found["value"]} if found["header"] else {},
            body=orjson.loads(found["body"]) if found["body"] else None,
            status=int(found["status"]),
            media=found["media"] or "application/json",
            answer=orjson.loads(found["answer"]) if found["answer"] else {},
        )


def generated_on() -> date:
    """Return the day of the page of examples, which is that of all pages."""
    on = reference.stamped_on(reference.EXAMPLES.read_text("utf-8"))
    assert on, RENEW
    return on


@pytest.mark.parametrize("name", SERVICES)
def test_the_reference_is_that_of_the_api(name: str) -> None:
    service = service_of(name)
    text = (reference.FOLDER / f"{name}.md").read_text("utf-8")
    wanted = reference.page(service, generated_on(), reference.EXAMPLES.read_text("utf-8"))
    assert text == wanted, RENEW


@pytest.mark.feature("S1-32")
def test_every_page_says_for_which_version_it_is_and_when_it_was_generated() -> None:
    version = app_to_describe(service_of("payments")).version
    line = reference.stamp(version, generated_on())
    pages = [*reference.stamped_pages(), *reference.FOLDER.glob("*.md")]
    assert len(pages) > len(SERVICES)
    for page in pages:
        assert page.read_text("utf-8").splitlines()[2] == line, f"{page}: {RENEW}"


def test_links_between_pages_of_the_reference_lead_somewhere() -> None:
    pages = {page.name: page.read_text("utf-8") for page in reference.FOLDER.glob("*.md")}
    anchors = {
        name: {reference.anchor(title) for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
        for name, text in pages.items()
    }
    for name, text in pages.items():
        for page, anchor in re.findall(r"\]\((\w+\.md)?#([\w-]+)\)", text):
            assert anchor in anchors[page or name], f"{name}: {page}#{anchor}"


def test_the_worked_examples_are_answered_as_the_page_says(stack: Stack, ledger: str) -> None:
    found = list(examples())
    titles = re.findall(r"^## (.+)$", reference.EXAMPLES.read_text("utf-8"), re.MULTILINE)
    assert [example.title for example in found] == titles
    assert len(found) >= EXAMPLES_MIN
    with Books(stack, ledger) as books:
        for example in found:
            books.wait_until_caught_up()
            answer = books.http.request(
                example.method,
                books.url(example.service, example.path),
                json=example.body,
                headers=example.headers,
            )
            assert answer.status_code == example.status, f"{example.title}: {answer.text}"
            assert answer.headers["content-type"] == example.media, example.title
            if example.answer:
                said = answer.json()
                shown = {name: said.get(name) for name in example.answer}
                assert shown == example.answer, example.title
