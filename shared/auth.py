"""Who may do what: bearer tokens (JWT, EdDSA) and one right per endpoint.

A token's claim `rights` maps a ledger, or `*` for all, to a list of rights and roles, where `*`
stands for every right, and `documents:read@atelier` for that right on documents of that brand.
There is no endpoint without a right except health and metrics.
"""

import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

import jwt
from fastapi import Depends, Path, Request
from fastapi.security import HTTPBearer

from shared.errors import Forbidden, Unauthenticated
from shared.issuer import Issuer
from shared.roles import rights_of
from shared.settings import Settings

_REMEMBERED_MAX = 10_000

LEDGER_PATTERN = "[a-z0-9][a-z0-9-]{0,39}"
Ledger = Annotated[
    str,
    Path(
        pattern=f"^{LEDGER_PATTERN}$",
        description="The books of one legal entity",
        examples=["demo"],
    ),
]
bearer = HTTPBearer(auto_error=False, description="`acquit token` mints one locally")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking: the token's subject, and its rights per ledger."""

    subject: str
    rights: dict[str, frozenset[str]]
    expires_at: float

    def may(self, right: str, ledger: str) -> bool:
        """Say whether the token carries a right in a ledger."""
        granted = (self.rights.get(ledger), self.rights.get("*"))
        return any(rights and (right in rights or "*" in rights) for rights in granted)

    def may_for(self, right: str, ledger: str, brand: str | None) -> bool:
        """Say whether it carries a right in a ledger for what is of a brand, or of none."""
        return self.may(right, ledger) or (brand and self.may(f"{right}@{brand}", ledger)) or False

    def check_for(self, right: str, ledger: str, brand: str | None) -> None:
        """Raise Forbidden unless it carries a right in a ledger for what is of this brand."""
        if not self.may_for(right, ledger, brand):
            needed = f"{right}@{brand}" if brand else right
            raise Forbidden(right=needed, ledger=ledger, subject=self.subject)

    def may_for_some(self, right: str, ledger: str) -> bool:
        """Say whether it carries a right in a ledger, if only for what is of some brand."""
        granted = self.rights.get(ledger, frozenset()) | self.rights.get("*", frozenset())
        bound = f"{right}@"
        return self.may(right, ledger) or any(each.startswith(bound) for each in granted)


class Tokens:
    """Checks tokens against the issuer's keys; remembers each until it expires."""

    def __init__(self, settings: Settings) -> None:
        self.issuer = Issuer(settings)
        self._settings = settings
        self._remembered: dict[str, Actor] = {}

    async def actor(self, token: str) -> Actor:
        """Return who a token speaks for; raise Unauthenticated when it is not valid now.

        Raises IssuerUnavailable when that can't be told without the issuer, which is away.
        """
        known = self.remembered(f"Bearer {token}")
        if known:
            return known
        actor = await self._check(token)
        if len(self._remembered) >= _REMEMBERED_MAX:
            self._remembered.clear()
        self._remembered[token] = actor
        return actor

    def remembered(self, authorization: str) -> Actor | None:
        """Return who a header's token speaks for, if it was seen before and is still valid."""
        scheme, _, token = authorization.partition(" ")
        known = self._remembered.get(token)
        valid = known and scheme.lower() == "bearer" and known.expires_at > time.time()
        return known if valid else None

    async def _check(self, token: str) -> Actor:
        try:
            key = await self.issuer.key(jwt.get_unverified_header(token).get("kid"))
            claims = jwt.decode(
                token,
                key,
                algorithms=["EdDSA", "ES256", "RS256"],
                issuer=self._settings.auth_issuer,
                audience=self._settings.auth_audience,
                options={"require": ["exp", "sub", "iss", "aud"]},
            )
            rights = {
                str(ledger): rights_of(map(str, granted))
                for ledger, granted in dict(claims.get("rights", {})).items()
            }
        except (jwt.PyJWTError, TypeError, ValueError) as error:
            raise Unauthenticated(detail=str(error)) from None
        return Actor(claims["sub"], rights, float(claims["exp"]))


def actor_with(right: str, *, by_brand: bool = False) -> Callable[..., Coroutine[Any, Any, Actor]]:
    """Return the dependency that lets a request through when its token carries the right.

    `by_brand`: the right for the brand of the path is enough; where the path names none, for any,
    and the route looks at what it finds.
    """

    def allowed(actor: Actor, ledger: str, brand: str | None) -> bool:
        if not by_brand:
            return actor.may(right, ledger)
        if brand is None:
            return actor.may_for_some(right, ledger)
        return actor.may_for(right, ledger, brand)

    async def check(request: Request, ledger: Ledger) -> Actor:
        header = request.headers.get("authorization", "")
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated(detail="send Authorization: Bearer <token>")
        actor: Actor = await request.app.state.tokens.actor(token)
        if not allowed(actor, ledger, request.path_params.get("brand")):
            raise Forbidden(right=right, ledger=ledger, subject=actor.subject)
        return actor

    check.right = right  # type: ignore[attr-defined] # read by the test that walks the routes
    return check


def needs_right(right: str, *, by_brand: bool = False) -> Any:
    """Declare the right an endpoint needs, where the endpoint does not use the actor."""
    return Depends(actor_with(right, by_brand=by_brand))
