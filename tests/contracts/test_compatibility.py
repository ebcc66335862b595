"""If these failed, a change could break everybody who reads what was published."""

from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, create_model

from shared.contracts import generate
from shared.contracts.compatibility import breaking_changes
from shared.dates import IsoDate
from shared.money import Money


class Part(BaseModel):
    document_id: UUID
    amount: Money


class Recorded(BaseModel):
    """A fact as it was published."""

    payment_id: UUID
    amount: Money
    received_on: IsoDate
    kind: Literal["card", "cash"]
    parts: tuple[Part, ...] = ()
    reference: str | None = None
    count: int = 0


def schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema(mode="serialization")


def complaints(changed: type[BaseModel]) -> list[str]:
    """Compare a changed fact with the published one."""
    return breaking_changes({"p.recorded.v1": schema(Recorded)}, {"p.recorded.v1": schema(changed)})


def without(name: str) -> type[BaseModel]:
    """Return the published fact without one of its fields."""
    fields = {n: (info.annotation, info) for n, info in Recorded.model_fields.items() if n != name}
    return changed_to(None, fields)


def changed_to(base: type[BaseModel] | None, fields: dict[str, Any]) -> type[BaseModel]:
    """Return a fact with these fields, beside those of another."""
    made: type[BaseModel] = create_model("Recorded", __base__=base, **fields)
    return made


# ── what may change ─────────────────────────────────────────────────────────────


def test_nothing_changed_breaks_nothing() -> None:
    assert complaints(Recorded) == []


def test_a_new_field_with_a_default_breaks_nothing() -> None:
    class Changed(Recorded):
        note: str | None = None

    assert complaints(Changed) == []


def test_a_new_field_with_a_default_in_a_part_breaks_nothing() -> None:
    class WiderPart(Part):
        file_sha256: str | None = None

    class Changed(Recorded):
        parts: tuple[WiderPart, ...] = ()

    assert complaints(Changed) == []


def test_other_words_break_nothing() -> None:
    words = schema(Recorded) | {"title": "Other", "description": "Said better", "examples": [1]}
    assert breaking_changes({"p": schema(Recorded)}, {"p": words}) == []


def test_a_field_that_is_called_like_a_word_is_a_field() -> None:
    class Titled(BaseModel):
        title: str
        description: int

    changed = schema(Titled)
    del changed["properties"]["title"]
    changed["required"].remove("title")
    changed["properties"]["description"]["type"] = "string"
    assert breaking_changes({"p": schema(Titled)}, {"p": changed}) == [
        "p: the field title was removed",
        "p: description type changed from integer to string",
    ]


def test_a_new_event_breaks_nothing() -> None:
    assert breaking_changes({}, {"p.new.v1": schema(Recorded)}) == []


# ── what may not ────────────────────────────────────────────────────────────────


def test_an_event_is_never_removed() -> None:
    assert breaking_changes({"p.recorded.v1": schema(Recorded)}, {}) == [
        "p.recorded.v1: the event was removed"
    ]


@pytest.mark.parametrize("name", Recorded.model_fields)
def test_a_field_is_never_removed(name: str) -> None:
    assert complaints(without(name)) == [f"p.recorded.v1: the field {name} was removed"]


def test_a_new_field_needs_a_default() -> None:
    class Changed(Recorded):
        payer: str

    assert complaints(Changed) == ["p.recorded.v1: the new field payer has no default"]


def test_a_new_field_needs_a_default_in_a_part_too() -> None:
    class WiderPart(Part):
        number: str

    class Changed(Recorded):
        parts: tuple[WiderPart, ...] = ()

    assert complaints(Changed) == ["p.recorded.v1: the new field parts items.number has no default"]


def test_a_field_never_becomes_required() -> None:
    class Changed(Recorded):
        count: int

    assert any("count became required" in sentence for sentence in complaints(Changed))


def test_a_field_never_becomes_optional() -> None:
    class Changed(Recorded):
        kind: Literal["card", "cash"] = "card"

    assert any("kind became optional" in sentence for sentence in complaints(Changed))


@pytest.mark.parametrize(
    ("name", "annotation", "default", "complaint"),
    [
        ("payment_id", str, ..., "payment_id format was removed: uuid"),
        ("payment_id", int, ..., "payment_id type changed from string to integer"),
        ("received_on", str, ..., "received_on format was removed: date"),
        ("amount", str, ..., "amount type changed from object to string"),
        ("amount", Money | None, ..., "amount anyOf is new"),
        ("kind", Literal["card"], ..., "kind const is new: card"),
        ("kind", Literal["card", "cash", "cheque"], ..., "kind enum also has cheque"),
        ("kind", Literal["card", "wallet"], ..., "kind enum no longer has cash"),
        ("reference", str, "", "reference anyOf was removed"),
        ("reference", int | None, None, "reference anyOf[0] type changed from string to integer"),
        ("reference", str | None, "none", "reference default changed from None to none"),
        ("count", int, 1, "count default changed from 0 to 1"),
        ("count", float, 0, "count type changed from integer to number"),
        ("parts", tuple[str, ...], (), "parts items type changed from object to string"),
    ],
)
def test_a_field_keeps_its_type_its_values_and_its_default(
    name: str, annotation: Any, default: Any, complaint: str
) -> None:
    found = complaints(changed_to(Recorded, {name: (annotation, default)}))
    assert any(sentence.startswith(f"p.recorded.v1: {complaint}") for sentence in found), found


def test_a_pattern_never_changes() -> None:
    narrower = schema(Recorded)
    narrower["properties"]["amount"]["properties"]["currency"]["pattern"] = "^EUR$"
    (found,) = breaking_changes({"p": schema(Recorded)}, {"p": narrower})
    assert found.startswith("p: amount.currency pattern changed from")


def test_a_definition_is_compared_wherever_it_is_used() -> None:
    changed = schema(Recorded)
    del changed["$defs"]["Part"]["properties"]["document_id"]
    changed["$defs"]["Part"]["required"].remove("document_id")
    assert breaking_changes({"p": schema(Recorded)}, {"p": changed}) == [
        "p: the field parts items.document_id was removed"
    ]


# ── writing them ────────────────────────────────────────────────────────────────


def test_what_would_break_a_published_version_is_not_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generate.main([], tmp_path) == 0
    file = tmp_path / "events" / "payments.payment-recorded.v1.json"
    published = file.read_text("utf-8").replace('"payer_name"', '"payer"')
    file.write_text(published, "utf-8")
    assert generate.main([], tmp_path) == 1
    assert "the field data.payer was removed" in capsys.readouterr().err
    assert file.read_text("utf-8") == published


def test_what_is_written_again_is_the_same_bytes(tmp_path: Path) -> None:
    assert generate.main([], tmp_path) == 0
    first = {file: file.read_bytes() for file in tmp_path.rglob("*.*")}
    assert generate.main([], tmp_path) == 0
    assert {file: file.read_bytes() for file in tmp_path.rglob("*.*")} == first
