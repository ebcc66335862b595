"""If these failed, a role could do what its line of roles.toml doesn't say, or not what it says."""

import re
from collections import Counter
from uuid import uuid4

import httpx
import pytest

from deploy.local.stack import Stack
from shared.roles import ROLES
from tests.architecture.sources import text
from tests.architecture.test_rights import EVERY_RIGHT, IN_A_LEDGER, Caller, Endpoint, caller
from tests.books import Books, ok, refused
from tests.invoicing.filing import ENTERPRISE, body, draft, folder, ids, of, step, validate

__all__ = ["caller"]
OWN, OTHER = "atelier", "boutique"
OF_EVERY_BRAND = {
    f"/v1/ledgers/{{ledger}}/{name}"
    for name in ("documents", "drafts", "enterprise/documents", "folders")
}


def may(role: str, endpoint: Endpoint, brand: str) -> bool:
    """Say what the file says: of rights that are bound to a brand, for that brand."""
    (right,) = endpoint.rights
    bound = f"{right}@brand" in ROLES[role]
    of_brand = brand == OWN if "{brand}" in endpoint.path else endpoint.path not in OF_EVERY_BRAND
    return right in ROLES[role] or (bound and of_brand)


def asked_for(endpoint: Endpoint, brand: str) -> Endpoint:
    path = endpoint.path.replace("{brand}", brand)
    return Endpoint(endpoint.service, endpoint.method, path, endpoint.rights)


@pytest.mark.feature("S2-62")
@pytest.mark.parametrize("role", ROLES)
def test_every_endpoint_lets_each_role_in_as_its_file_says(
    caller: Caller, ledger: str, role: str
) -> None:
    granted = {ledger: [f"role:{role}@{OWN}"]}
    let_in: Counter[bool] = Counter()
    for endpoint in IN_A_LEDGER:
        for brand in (OWN, OTHER) if "{brand}" in endpoint.path else (OWN,):
            answer = caller.call_with(asked_for(endpoint, brand), ledger, granted)
            expected = may(role, endpoint, brand)
            assert (answer.status_code != 403) == expected, f"{endpoint} as {role}: {answer.text}"
            let_in[expected] += 1
        refused(caller.call_with(endpoint, f"{ledger}-other", granted), 403, "forbidden")
    assert let_in[True]
    assert let_in[False]


def test_roles_differ_where_the_guide_says_so_and_name_rights_that_there_are() -> None:
    assert {"payments:record", "bank-deposits:fill"} <= ROLES["brand-user"]
    assert ROLES["support"] - ROLES["brand-user"] >= {"bank-deposits:reopen", "documents:read"}
    named = {right.removesuffix("@brand") for rights in ROLES.values() for right in rights}
    assert named == EVERY_RIGHT
    assert not any(right.endswith((":record", ":make")) for right in ROLES["auditor"])
    listed = set(re.findall(r"`role:([a-z-]+)`", text("docs/api.md")))
    assert listed == set(ROLES)


@pytest.mark.feature("S2-11", "S2-21")
def test_support_sees_every_brand_s_invoices_and_others_only_their_own(
    stack: Stack, books: Books
) -> None:
    own, other = validate(books, brand=OWN), validate(books, brand=OTHER)
    ours, theirs = f"/brands/{OWN}/documents", f"/brands/{OTHER}/documents"
    with (
        Books(stack, books.ledger, ["role:support"]) as support,
        Books(stack, books.ledger, [f"role:brand-user@{OWN}"]) as user,
    ):
        assert set(ids(support, ENTERPRISE)) == set(of(own, other))
        assert ids(support, theirs) == ids(support, ENTERPRISE, brand=OTHER) == of(other)
        assert ids(user, ours) == of(own)
        for path in (ENTERPRISE, "/documents", theirs):
            refused(user.get("invoicing", path), 403, "forbidden")
        refused(user.get("invoicing", ours, brand=OTHER), 422, "malformed")
        assert ok(user.get("invoicing", f"/documents/{own['document_id']}"))["brand"] == OWN
        refused(user.get("invoicing", f"/documents/{other['document_id']}"), 404, "not-found")
        closed = "/bank-deposits/REM-1/reopening"
        refused(user.put("payments", closed, {"reason": "oubli"}), 403, "forbidden")
        assert support.put("payments", closed, {"reason": "oubli"}).status_code == 404


def test_a_brand_s_user_draws_up_and_files_for_that_brand_only(stack: Stack, books: Books) -> None:
    def asked_to_draw_up(brand: str | None, name: object) -> httpx.Response:
        return user.put("invoicing", f"/drafts/{name}", body(books, brand=brand))

    theirs = draft(books, brand=OTHER)["document_id"]
    folders = {name: folder(books, "Chantier", brand=name) for name in (OWN, OTHER)}
    with Books(stack, books.ledger, [f"role:brand-user@{OWN}"]) as user:
        mine = ok(asked_to_draw_up(OWN, uuid4()))
        assert step(user, mine, "submission")["document_status"] == "waiting_for_validation"
        for brand, name in ((OTHER, uuid4()), (None, uuid4()), (OWN, theirs)):
            refused(asked_to_draw_up(brand, name), 403, "forbidden")
        refused(user.put("invoicing", f"/drafts/{theirs}/submission", {}), 403, "forbidden")

        assert folder(user, "Chantier 2", brand=OWN)
        chantier = {"name": "Chantier 3", "brand": OTHER}
        refused(user.put("invoicing", f"/folders/{uuid4()}", chantier), 403, "forbidden")
        listed = ok(user.get("invoicing", "/folders", brand=OWN))["items"]
        assert {each["brand"] for each in listed} == {OWN}
        assert len(listed) == 2
        refused(user.get("invoicing", "/folders", brand=OTHER), 403, "forbidden")
        refused(user.get("invoicing", "/folders"), 403, "forbidden")
        assert ok(user.get("invoicing", f"/folders/{folders[OWN]}"))["brand"] == OWN
        refused(user.get("invoicing", f"/folders/{folders[OTHER]}"), 404, "not-found")
