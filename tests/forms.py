"""What a screen does with what the server gives it: a form sent as it was filled in, a link."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

_FIELDS = ("received_on", "amount", "method", "bank_account", "payer_name", "customer_id")


def filled_in(form: dict[str, Any], **typed: Any) -> dict[str, Any]:
    """Return the body of a payment: the form's defaults, and what somebody typed over them."""
    part = {"document_id": form["document_id"], "discount": form["discount"]}
    applies_to = [part] if form["document_id"] else []
    return {name: form[name] for name in _FIELDS} | {"applies_to": applies_to} | typed


def query_of(link: dict[str, Any]) -> dict[str, Any]:
    """Return the query of a link that the server gave."""
    return dict(parse_qs(urlsplit(link["path"]).query))
