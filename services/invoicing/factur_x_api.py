"""Factur-X over HTTP: a PDF in, the draft it asks for out."""

import asyncio

from fastapi import APIRouter, Request

from services.invoicing import factur_x
from services.invoicing.factur_x_schemas import FacturXOut
from shared.auth import Ledger, needs_right
from shared.problems import problems

router = APIRouter(prefix="/v1/ledgers/{ledger}", responses=problems())
_ANY_BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


@router.post(
    "/drafts/factur-x",
    tags=["drafts"],
    summary="Read a Factur-X",
    dependencies=[needs_right("documents:draft", by_brand=True)],
    responses=problems(
        factur_x.FileIsNoPdf,
        factur_x.NoFacturX,
        factur_x.BrokenFacturX,
        factur_x.TooLittleInFacturX,
        factur_x.OtherKindOfFacturX,
        factur_x.SumsDifferInFacturX,
    ),
    openapi_extra={"requestBody": {"required": True, "content": _ANY_BYTES}},
)
async def read_factur_x(request: Request, ledger: Ledger) -> FacturXOut:  # noqa: ARG001 - its right
    """Return the draft that the Factur-X in a PDF asks for; nothing is recorded."""
    return await asyncio.to_thread(factur_x.read, await request.body())
