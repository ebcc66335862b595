"""The AsyncAPI 3 document: the four topics, what is on them, and under which headers."""

from typing import Any

from shared.bus import topic_of
from shared.contracts.schemas import load_events
from shared.events import Event
from shared.names import SERVICES

Document = dict[str, Any]

_ABOUT = """\
What the services of Acquit publish. One topic per service; the key is the ledger, so that
one ledger's entries stay in order; nothing is ever deleted. The value is the sealed entry:
RFC 8785 JSON whose SHA-256 is in `ce_hash` and which holds the hash of the entry before it.
The headers are CloudEvents 1.0 (binary mode), so that any CloudEvents library can read them.
A message may come twice: skip it when its `ce_position` is not above the last one you applied.
"""
_KAFKA_BINDING = "0.5.0"


def document() -> Document:
    """Return the whole document."""
    facts = load_events()
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Acquit", "version": "0.1.0", "description": _ABOUT},
        "defaultContentType": "application/json",
        "channels": {service: _channel(service, facts) for service in SERVICES},
        "operations": {f"publish-{service}": _operation(service) for service in SERVICES},
        "components": {
            "messages": {name: _message(fact) for name, fact in sorted(facts.items())},
            "schemas": {"CloudEventHeaders": _headers()},
        },
    }


def _channel(service: str, facts: dict[str, type[Event]]) -> Document:
    names = sorted(name for name in facts if name.startswith(f"{service}."))
    return {
        "address": topic_of(service),
        "description": f"The journal of the service {service}, entry by entry.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"kafka": {"topic": topic_of(service), "bindingVersion": _KAFKA_BINDING}},
    }


def _operation(service: str) -> Document:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{service}"},
        "summary": f"The service {service} publishes every entry of its journal.",
    }


def _message(fact: type[Event]) -> Document:
    return {
        "name": fact.type,
        "title": fact.__name__,
        "summary": (fact.__doc__ or "").splitlines()[0],
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/CloudEventHeaders"},
        "correlationId": {"location": "$message.header#/ce_correlationid"},
        "payload": {"$ref": f"./events/{fact.type}.json"},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": "The ledger"},
                "bindingVersion": _KAFKA_BINDING,
            }
        },
    }


def _headers() -> Document:
    uuid = {"type": "string", "format": "uuid"}
    fields: Document = {
        "ce_specversion": {"type": "string", "const": "1.0"},
        "ce_id": {**uuid, "description": "The entry's identifier"},
        "ce_source": {"type": "string", "description": "/acquit/{service}/{ledger}"},
        "ce_type": {"type": "string", "description": "The wire name of the fact"},
        "ce_subject": {"type": "string", "description": "What the fact is about"},
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_dataschema": {"type": "string", "description": "The $id of the payload's schema"},
        "content-type": {"type": "string", "const": "application/json"},
        "ce_ledger": {"type": "string"},
        "ce_position": {"type": "string", "pattern": "^[1-9][0-9]*$"},
        "ce_correlationid": uuid,
        "ce_causationid": {**uuid, "description": "Only where another entry led to this one"},
        "ce_hash": {
            "type": "string",
            "pattern": "^[0-9a-f]{64}$",
            "description": "SHA-256 of the value",
        },
        "ce_signature": {
            "type": "string",
            "pattern": "^[0-9a-f]{128}$",
            "description": "Ed25519 signature of the head; only on the last entry of a commit",
        },
    }
    optional = {"ce_causationid", "ce_signature"}
    return {
        "type": "object",
        "properties": fields,
        "required": [name for name in fields if name not in optional],
    }
