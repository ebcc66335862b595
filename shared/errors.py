"""Refusals: one class per rule, rendered as one RFC 9457 problem.

A refusal is expected: the state found does not allow what was asked. The rule is the
class's docstring, the facts are keywords, the slug is the class's name, and under that slug
`messages.toml` has what people read. Anything else that escapes is our defect and answers 500.
"""

import re
from typing import Any, ClassVar

from shared.messages import problem_message

_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Refusal(Exception):
    """The request can't be carried out as the books stand."""

    status: ClassVar[int] = 409

    def __init__(self, **facts: object) -> None:
        """Keep the facts that explain the refusal; they become members of the problem."""
        super().__init__(type(self).__name__)
        self.facts = facts

    @classmethod
    def code(cls) -> str:
        """Return the problem's slug: `PaymentIdTaken` is `payment-id-taken`."""
        return _WORD_STARTS.sub("-", cls.__name__).lower()

    @classmethod
    def title(cls) -> str:
        """Return the rule in one sentence: the first line of the docstring."""
        return (cls.__doc__ or "").strip().splitlines()[0]

    @classmethod
    def message(cls) -> str:
        """Return what people read, in French; the rule itself where nobody wrote that yet."""
        return problem_message(cls.code(), cls.title())

    def problem(self) -> dict[str, Any]:
        """Return the RFC 9457 members, and the message for people."""
        plain = {
            k: v if isinstance(v, int | list | dict) else str(v) for k, v in self.facts.items()
        }
        return {
            "type": f"/problems/{self.code()}",
            "title": self.title(),
            "status": self.status,
            "message": self.message(),
            **plain,
        }


class NotFound(Refusal):
    """Nothing of that name is in this ledger."""

    status = 404


class Malformed(Refusal):
    """The request is not of the form this endpoint takes."""

    status = 422


class Unauthenticated(Refusal):
    """A valid bearer token is needed; `acquit token` mints one for the local stack."""

    status = 401


class Forbidden(Refusal):
    """The token does not carry the right that this endpoint needs in this ledger."""

    status = 403


class Unavailable(Refusal):
    """The service can't reach its database just now; nothing was acknowledged: try again."""

    status = 503


class IssuerUnavailable(Refusal):
    """The token's issuer does not answer, so nobody can tell whether it is valid: try again."""

    status = 503


class Overloaded(Refusal):
    """More work is waiting than can be answered in time; nothing was written: try again."""

    status = 503


class BodyTooLarge(Refusal):
    """The request's body is larger than anything this service takes."""

    status = 413


class BodyTooSlow(Refusal):
    """The request's body did not arrive in time."""

    status = 408


class HeadTooLarge(Refusal):
    """The request's line and headers are larger than anything this service takes."""

    status = 431


class HeadTooSlow(Refusal):
    """The request's line and headers did not arrive in time."""

    status = 408
