"""What would be lost if these failed: bytes that anybody can recompute, years from now."""

import hashlib
from typing import Any

import orjson
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from shared import chains
from shared.canonical import NotCanonicalError, canonical, canonical_of
from shared.events import Value, event_class, event_types
from shared.events.payments import PaymentMethodConfigured
from shared.seal import entry_from, genesis
from tests.shared.kept import entry

ascii_keys = st.text(st.characters(max_codepoint=127), max_size=4)
sealable = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ascii_keys, inner, max_size=3),
    max_leaves=6,
)
envelopes = st.dictionaries(ascii_keys, sealable, max_size=4)
unsealable = (
    st.floats()
    | st.integers(min_value=2**53)
    | st.integers(max_value=-(2**53))
    | st.binary()
    | st.datetimes()
    | st.decimals()
    | st.just("\ud800")
    | st.dictionaries(st.text(st.characters(min_codepoint=128), min_size=1), st.none(), min_size=1)
    | st.dictionaries(st.integers(), st.none(), min_size=1)
)


@given(envelopes)
def test_what_is_sealed_is_rfc_8785_json(value: dict[str, Any]) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@given(envelopes)
def test_sealed_bytes_read_back_as_what_was_sealed(value: dict[str, Any]) -> None:
    assert orjson.loads(canonical(value)) == value
    assert canonical(orjson.loads(canonical(value))) == canonical(value)


@given(envelopes, st.sampled_from(["first", "deep"]), unsealable)
def test_whatever_rfc_8785_json_could_write_in_two_ways_is_refused(
    value: dict[str, Any], depth: str, stranger: object
) -> None:
    inside = {**value, "x": stranger if depth == "first" else [{"y": [stranger]}]}
    with pytest.raises(NotCanonicalError):
        canonical(inside)


def test_bottomless_data_is_refused_and_not_a_crash() -> None:
    deep: dict[str, Any] = {}
    for _ in range(5_000):
        deep = {"a": deep}
    with pytest.raises(NotCanonicalError):
        canonical(deep)


class Weighed(Value):
    weight: float


class Open(Value):
    anything: dict[str, str]


class Untyped(Value):
    anything: Any


class Parts(Value):
    parts: tuple[Weighed, ...] = ()


@pytest.mark.parametrize("kind", [Weighed, Open, Untyped, Parts])
def test_a_type_of_fact_that_could_be_written_in_two_ways_is_refused(kind: Any) -> None:
    with pytest.raises(NotCanonicalError):
        canonical_of(kind, {})


@given(envelopes, st.sampled_from(sorted(event_types())))
def test_what_is_sealed_around_a_fact_is_rfc_8785_json(value: dict[str, Any], kind: str) -> None:
    assert canonical_of(event_class(kind), value) == rfc8785.dumps(value)


@pytest.mark.parametrize("stranger", [2**53, "\ud800"])
def test_a_value_that_no_type_rules_out_is_refused(stranger: object) -> None:
    with pytest.raises(NotCanonicalError):
        canonical_of(PaymentMethodConfigured, {"data": {"label": stranger}})


def test_the_bytes_of_an_entry_are_these_for_ever() -> None:
    """A verifier written years from now recomputes exactly this."""
    sealed = chains.seal(entry(1), genesis("payments", "demo"))
    assert sealed.sealed == (
        b'{"actor":"anna","causation_id":null,'
        b'"correlation_id":"00000000-0000-0000-0000-000000000007",'
        b'"data":{"active":true,"code":"m1","default":false,"depositable":true,"digital":false,'
        b'"label":"Virement","needs_number":false,"untdid_4461":"58"},"format":"acquit-1",'
        b'"id":"00000000-0000-0000-0000-000000000001","ledger":"demo","position":1,'
        b'"previous_hash":"ff5d14cf71478c47e588dfdfcb68efe47b51561d09ebed47453c8b2d6225ba10",'
        b'"recorded_at":"2025-08-18T12:00:00.000250Z","service":"payments",'
        b'"stream":"payment-method/m1","type":"payments.payment-method-configured.v1"}'
    )
    assert sealed.hash == hashlib.sha256(sealed.sealed).digest()


def test_an_entry_read_back_from_its_bytes_is_the_entry_that_was_sealed() -> None:
    sealed = chains.seal(entry(1), genesis("payments", "demo"))
    assert entry_from(orjson.loads(sealed.sealed)) == entry(1)


def test_each_service_and_ledger_starts_from_its_own_hash() -> None:
    starts = {genesis(s, ledger) for s in ("payments", "invoicing") for ledger in ("a", "b")}
    assert len(starts) == 4
