"""If these failed, a command would end without telling the person who asked how it ended."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages

import httpx
import pytest

import services
import shared
from deploy.local.stack import Stack
from shared import messages
from shared.errors import Refusal
from shared.names import SERVICES
from tests.architecture.sources import text
from tests.architecture.test_rights import BEHIND_A_TOKEN, Caller, Endpoint, caller
from tests.books import PLAIN_HTTP, Books, message
from tests.services import document_of

__all__ = ["caller"]
FILE = "shared/messages.toml"
LONGEST = 160  # a sentence, not a page
OF_NO_REFUSAL = {"defect", "method-not-allowed"}  # what no rule of ours refuses

COMMANDS = [found for found in BEHIND_A_TOKEN if found.method != "GET"]
EVERY_SENTENCE = [
    *messages.PROBLEMS.values(),
    *(said for of_service in messages.COMMANDS.values() for said in of_service.values()),
]


def operations(name: str) -> set[str]:
    """Return method and address of every command of a service, with a token or without."""
    return {
        f"{method.upper()} {path}"
        for path, methods in document_of(name)["paths"].items()
        for method in methods
        if method != "get"
    }


def below(refusal: type[Refusal]) -> Iterator[type[Refusal]]:
    for kind in refusal.__subclasses__():
        yield kind
        yield from below(kind)


def refusals() -> list[type[Refusal]]:
    """Return every refusal of the product, whichever module it is in."""
    for package in (services, shared):
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__") and ".migrations." not in module.name:
                import_module(module.name)
    return [kind for kind in below(Refusal) if kind.__module__.startswith(("services.", "shared."))]


# ── the file ────────────────────────────────────────────────────────────────────


def test_the_file_has_one_table_for_each_service() -> None:
    assert set(messages.COMMANDS) == set(SERVICES)


@pytest.mark.parametrize("name", SERVICES)
def test_every_command_has_its_sentence_and_no_sentence_is_for_nothing(name: str) -> None:
    said = messages.COMMANDS[name]
    usual = {operation for operation in said if operation.count(" ") == 1}
    assert usual == operations(name)
    assert {operation.rpartition(" ")[0] for operation in said.keys() - usual} <= usual


def test_no_two_services_have_a_command_of_the_same_name() -> None:
    counted = Counter(operation for said in messages.COMMANDS.values() for operation in said)
    assert counted.most_common(1)[0][1] == 1


def test_every_refusal_has_its_sentence_and_no_sentence_is_for_nothing() -> None:
    found = refusals()
    assert set(messages.PROBLEMS) == {refusal.code() for refusal in found} | OF_NO_REFUSAL
    for refusal in found:
        assert refusal.message() == messages.PROBLEMS[refusal.code()]


@pytest.mark.parametrize("sentence", EVERY_SENTENCE)
def test_a_sentence_is_short_and_set_as_french_is(sentence: str) -> None:
    assert len(sentence) <= LONGEST
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert sentence.count(".") == 1
    assert unicodedata.is_normalized("NFC", sentence)
    assert not re.search(r"  |\s[.,)]|\(\s|[:;](?!\s)|(?<!\xa0)[:;!?]|\xa0[^:;!?]", sentence)
    assert "\u2019" not in sentence


def test_the_file_is_written_with_spaces_that_an_editor_shows() -> None:
    assert not set(text(FILE)) & set("\u00a0\u202f\u2019")


# ── what is answered ────────────────────────────────────────────────────────────


@pytest.mark.parametrize("endpoint", COMMANDS, ids=str)
@pytest.mark.parametrize("rights", [None, [], ["*"]], ids=["nobody", "no right", "every right"])
def test_every_command_ends_in_a_message(
    caller: Caller, ledger: str, endpoint: Endpoint, rights: list[str] | None
) -> None:
    if rights is None:
        answer = caller.call(endpoint, ledger, None)
    else:
        answer = caller.call_with(endpoint, ledger, {ledger: rights})
    said = message(answer)
    if answer.is_success:
        own = f"{endpoint.method} {endpoint.path}"
        of_service = messages.COMMANDS[endpoint.service]
        assert said in {
            text for name, text in of_service.items() if f"{name} ".startswith(f"{own} ")
        }
    else:
        assert said == messages.PROBLEMS[answer.json()["type"].rpartition("/")[2]]


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_asked_nowhere_or_in_another_way_ends_in_one_too(stack: Stack, name: str) -> None:
    with httpx.Client(base_url=stack.urls[name], verify=PLAIN_HTTP) as http:
        assert message(http.put("/v1/nowhere")) == messages.PROBLEMS["not-found"]
        not_so = http.patch("/v1/ledgers")
        assert message(not_so) == messages.PROBLEMS["method-not-allowed"]
        assert (not_so.status_code, not_so.headers["allow"]) == (405, "GET")


def test_a_body_that_is_no_json_or_is_too_large_ends_in_one(books: Books) -> None:
    url = books.url("invoicing", "/customers/bulk")
    json = {"content-type": "application/json"}
    assert (
        message(books.http.post(url, content=b"{", headers=json))
        == (messages.PROBLEMS["malformed"])
    )
    large = books.http.post(url, content=b" " * 16_000_001, headers=json)
    assert (large.status_code, message(large)) == (413, messages.PROBLEMS["body-too-large"])


@pytest.mark.parametrize("name", SERVICES)
def test_the_published_document_says_which_answers_carry_it(name: str) -> None:
    document = document_of(name)
    assert messages.NAME in document["components"]["headers"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for status, response in operation["responses"].items():
                problem = "application/problem+json" in response.get("content", {})
                carried = problem or (method != "get" and status.startswith("2"))
                assert (messages.NAME in response.get("headers", {})) == carried, (path, status)
                if carried and not problem:
                    usual = messages.COMMANDS[name][f"{method.upper()} {path}"]
                    declared = response["headers"][messages.NAME]
                    assert declared["description"].startswith(usual)
                    assert declared["example"] == messages.encoded(usual)
