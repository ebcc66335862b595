"""If these failed, foreign consumers would read something else than what they were promised."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

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

st.register_type_strategy(
    Money, st.builds(Money, st.integers(-(10**15) + 1, 10**15 - 1), st.sampled_from(["EUR", "XPF"]))
)
contexts = st.builds(Context, st.text(max_size=9), st.uuids(), st.none() | st.uuids())


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


def check(schema: dict[str, Any], value: object) -> None:
    """Raise jsonschema's ValidationError unless the value is valid, formats included."""
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(value)


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
@given(data=st.data())
def test_whatever_is_sealed_is_valid_and_reads_back(name: str, data: st.DataObject) -> None:
    fact = data.draw(st.builds(FACTS[name]))
    message = orjson.loads(sealed(fact, data.draw(contexts)).sealed)
    check(SCHEMAS[name], message)
    assert decode(name, message["data"]) == fact


@pytest.mark.parametrize("name", FACTS)
def test_the_schema_names_every_part_of_the_envelope_and_no_other(name: str) -> None:
    schema = SCHEMAS[name]
    assert schema["properties"].keys() == set(schema["required"])
    assert schema["properties"]["type"] == {"const": name}
    assert schema["$id"] == f"urn:acquit:contract:{name}"


@given(data=st.data(), context=contexts, signed=st.booleans())
def test_the_headers_are_those_of_the_document(
    data: st.DataObject, context: Context, signed: bool
) -> None:
    name = data.draw(st.sampled_from(sorted(FACTS)))
    entry = sealed(data.draw(st.builds(FACTS[name])), context)
    if signed:
        signature = SIGNER.sign("demo", 1, entry.hash)
        entry = SealedEntry(entry.ledger, entry.position, entry.sealed, entry.hash, signature)
    headers = {key: value.decode() for key, value in bus.headers(entry)}
    schema = TOPICS["components"]["schemas"]["CloudEventHeaders"]
    check(schema, headers)
    assert headers.keys() <= schema["properties"].keys()
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
