"""Many matchings in one request, as a takeover sends them."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.reconciliation.api import MATCHING_REFUSALS, Allocator
from services.reconciliation.domain.item import Group, Item
from services.reconciliation.domain.matching import Matching
from services.reconciliation.schemas import MatchingIn
from shared.auth import Ledger
from shared.bulk import Bulk, BulkIn, BulkOut, Named, Reading, split_name
from shared.decider import Picture
from shared.problems import problems
from shared.units import SeveralRefused
from shared.web import JournalOf, context_of, json_response

router = APIRouter(prefix="/v1/ledgers/{ledger}", responses=problems())


@router.post(
    "/matchings/bulk",
    tags=["matching"],
    summary="Match up to 10,000 groups of items",
    response_model=BulkOut,
    responses=problems(*MATCHING_REFUSALS, SeveralRefused),
)
async def match_groups(
    request: Request, ledger: Ledger, body: BulkIn, actor: Allocator, journal: JournalOf
) -> Response:
    """Match groups in the order given; the number of each is its matching code."""
    reading = Reading(_matching, _code)
    bulk = Bulk(journal, ledger, context_of(request, actor), reading)
    return json_response(await bulk.carry_out(body))


def _matching(item: dict[str, Any]) -> Named:
    matching_id, rest = split_name(item)
    return Named(matching_id, MatchingIn.model_validate(rest).command(matching_id))


def _code(picture: Picture, matching_id: UUID) -> str | None:
    matching = picture.find(Matching, matching_id)
    named = matching.items[0] if matching else None
    item = picture.find(Item, f"{named['kind']}/{named['id']}") if named else None
    group = picture.find(Group, item.group_id) if item and item.group_id else None
    return group.matching_code if group else None
