"""If these failed, foreign consumers would read something else than what they were promised."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from shared import bus, chains
from shared.contracts import asyncapi, generate
from shared.contracts.compatibility import breaking_changes
from shared.contracts.schemas import event_schemas, load_events
from shared.events import Event, decode
from shared.money import Money
from shared.names import SERVICES
from shared.seal import Context, Entry, SealedEntry, Signer, genesis

RENEW = "renew it: python -m shared.contracts.generate"
SIGNER = Signer("payments", "AA" * 21 + "A=")
FACTS = load_events()
SCHEMAS = event_schemas()
TOPICS = asyncapi.document()
HEADERS = TOPICS["components"]["schemas"]["CloudEventHeaders"]


def values(annotation: Any) -> st.SearchStrategy[Any]:
    """Return values of a field's type; whole numbers are those that are sealed."""
    if get_origin(annotation) is Literal:
        return st.sampled_from(get_args(annotation))
    if get_origin(annotation) is Annotated:
        return values(get_args(annotation)[0])
    if get_origin(annotation) is tuple:
        return st.lists(values(get_args(annotation)[0]), max_size=2).map(tuple)
    if get_origin(annotation) in (Union, UnionType):
        return st.one_of(*map(values, get_args(annotation)))
    if issubclass(annotation, BaseModel):
        fields = {n: values(field.annotation) for n, field in annotation.model_fields.items()}
        return st.builds(annotation, **fields)
    return PLAIN[annotation]


PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    NoneType: st.none(),
    bool: st.booleans(),
    int: st.integers(-(2**53) + 1, 2**53 - 1),
    str: st.text(max_size=5),
    date: st.dates(),
    datetime: st.datetimes(timezones=st.just(UTC)),
    UUID: st.uuids(),
    Money: st.builds(
        Money, st.integers(-(10**15) + 1, 10**15 - 1), st.sampled_from(["EUR", "XPF"])
    ),
}
contexts = st.builds(Context, st.text(max_size=5), st.uuids(), st.none() | st.uuids())


def sealed(fact: Event, context: Context) -> SealedEntry:
    """Seal a fact as the journal of its service would."""
    service = fact.type.partition(".")[0]
    entry = Entry(
        service=service,
        ledger="demo",
        position=1,
        entry_id=UUID(int=1, version=4),
        recorded_at=datetime(2025, 8, 18, tzinfo=UTC),
        context=context,
        fact=fact,
    )
    return chains.seal(entry, genesis(service, "demo"))


@cache
def validator(name: str) -> Draft202012Validator:
    """Return what raises jsonschema's ValidationError unless a value is valid, formats included."""
    schema = HEADERS if name == "headers" else SCHEMAS[name]
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


# ── what is checked in is what the code says ────────────────────────────────────


def test_no_published_version_was_broken() -> None:
    assert breaking_changes(generate.published(), SCHEMAS) == []


@pytest.mark.parametrize("name", FACTS)
def test_the_schema_that_is_checked_in_is_the_fact_s(name: str) -> None:
    assert generate.published().get(name) == SCHEMAS[name], RENEW


def test_the_topics_that_are_checked_in_are_ours() -> None:
    text = (generate.FOLDER / "asyncapi.yaml").read_text("utf-8")
    assert text == generate.contracts([])["asyncapi.yaml"], RENEW


# ── what is written is valid ────────────────────────────────────────────────────


@pytest.mark.parametrize("name", FACTS)
@settings(max_examples=20)
@given(data=st.data())
def test_whatever_is_sealed_is_valid_and_reads_back(name: str, data: st.DataObject) -> None:
    fact = data.draw(values(FACTS[name]))
    message = orjson.loads(sealed(fact, data.draw(contexts)).sealed)
    validator(name).validate(message)
    assert message["data"] == fact.plain()
    assert decode(name, message["data"]) == fact


@pytest.mark.parametrize("name", FACTS)
def test_the_schema_names_every_part_of_the_envelope_and_no_other(name: str) -> None:
    schema = SCHEMAS[name]
    assert schema["properties"].keys() == set(schema["required"])
    assert schema["properties"]["type"] == {"const": name}
    assert schema["$id"] == f"urn:acquit:contract:{name}"


@settings(max_examples=50)
@given(st.data(), contexts, st.sampled_from([SIGNER, None]))
def test_the_headers_are_those_of_the_document(
    data: st.DataObject, context: Context, signer: Signer | None
) -> None:
    name = data.draw(st.sampled_from(sorted(FACTS)))
    entry = sealed(data.draw(values(FACTS[name])), context)
    if signer:
        entry = replace(entry, signature=signer.sign("demo", 1, entry.hash))
    headers = {key: value.decode() for key, value in bus.headers(entry)}
    validator("headers").validate(headers)
    assert headers.keys() <= HEADERS["properties"].keys()
    assert headers["ce_dataschema"] == SCHEMAS[name]["$id"]
    assert headers["ce_type"] == name


# ── the topics ──────────────────────────────────────────────────────────────────


def test_every_event_is_on_the_topic_of_its_service() -> None:
    for service in SERVICES:
        channel = TOPICS["channels"][service]
        assert channel["address"] == bus.topic_of(service)
        assert set(channel["messages"]) == {n for n in FACTS if n.startswith(f"{service}.")}
    assert set(TOPICS["components"]["messages"]) == set(FACTS)


def test_every_reference_in_the_topics_leads_somewhere() -> None:
    def references(part: object) -> list[str]:
        if isinstance(part, list):
            return [found for item in part for found in references(item)]
        if isinstance(part, dict):
            own = [part["$ref"]] if "$ref" in part else []
            return own + [found for item in part.values() for found in references(item)]
        return []

    found = references(TOPICS)
    assert found
    for reference in found:
        file, _, path = reference.partition("#")
        if file:
            json.loads((generate.FOLDER / file).read_text("utf-8"))
            continue
        place: Any = TOPICS
        for step in path.removeprefix("/").split("/"):
            place = place[step]
