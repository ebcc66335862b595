"""Paper: a template (Typst) and what is to stand on it, made a PDF.

The same template, texts and instant give the same bytes on every machine: only the fonts that
come with the typesetter are used, and nothing is fetched. Texts are never read as markup, since
they reach the template as JSON.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import typst
from starlette.responses import Response


class Pdf(Response):
    """A document to print."""

    media_type = "application/pdf"


async def pdf(template: Path, page: Mapping[str, Any], at: datetime) -> Pdf:
    """Typeset a page in a thread, so that nobody waits for it; `at` is the PDF's own date."""
    return Pdf(await asyncio.to_thread(_typeset, template, page, at))


def _typeset(template: Path, page: Mapping[str, Any], at: datetime) -> bytes:
    return typst.compile(
        template,
        root=template.parent,
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"page": orjson.dumps(page).decode()},
        timestamp=at.replace(microsecond=0),
    )
