"""Reading Factur-X (EN 16931, CII): what the XML in an invoice's PDF says, as a draft to confirm.

Nothing is recorded. The names of terms (BT-…, BG-…) are those of EN 16931.
"""

import hashlib
from decimal import Decimal
from typing import Any, Final

import facturx

from services.invoicing.content_schemas import LineIn, VatIn
from services.invoicing.factur_x_schemas import BuyerOut, FacturXDraft, FacturXOut
from shared.errors import Refusal
from shared.money import Money

_FOUND_MAX: Final = 500  # characters of what a library says
_KINDS: Final = {
    "380": ("invoice", "normal"),
    "381": ("credit_note", "normal"),
    "386": ("invoice", "prepayment"),
}


class FileIsNoPdf(Refusal):
    """The file is no PDF that can be read: it may be damaged, or of another kind."""

    status = 422


class NoFacturX(Refusal):
    """The PDF holds no Factur-X: ask its issuer for one, or draw the document up by hand."""

    status = 422


class BrokenFacturX(Refusal):
    """The Factur-X in the PDF is not what its profile asks for: its issuer has to correct it."""

    status = 422


class TooLittleInFacturX(Refusal):
    """The Factur-X has no VAT by rate (profile MINIMUM): draw the document up by hand."""

    status = 422


class OtherKindOfFacturX(Refusal):
    """Only invoices, prepayment invoices and credit notes are read from Factur-X."""

    status = 422


class SumsDifferInFacturX(Refusal):
    """The parts of the Factur-X are not its total: its issuer has to correct it."""

    status = 422


def read(content: bytes) -> FacturXOut:
    """Return the draft that a PDF asks for; refuse what no draft can be made of."""
    said = _terms(content)
    try:
        return _draft(said, hashlib.sha256(content).hexdigest())
    except (KeyError, ValueError, ArithmeticError) as error:  # a term is missing, or odd
        raise BrokenFacturX(found=str(error)[:_FOUND_MAX]) from error


def _draft(said: dict[str, Any], file_sha256: str) -> FacturXOut:
    if said["BT-3"] not in _KINDS:
        raise OtherKindOfFacturX(found=said["BT-3"], known=sorted(_KINDS))
    kind, variant = _KINDS[said["BT-3"]]
    currency = said["BT-5"]
    lines, vat = _by_rate(said.get("BG-23", []))
    total = Money.parse(said["BT-112"], currency)
    amounts = (*(line.net for line in lines), *(part.vat for part in vat))
    parts = sum(Money.parse(amount, currency).cents for amount in amounts)
    if parts != total.cents:
        raise SumsDifferInFacturX(total=str(total), parts=str(Money(parts, currency)))
    buyer = said["BG-7"]
    return FacturXOut(
        seller_name=said["BG-4"]["name"],
        buyer=BuyerOut(
            name=buyer["name"],
            legal_identifier=buyer.get("legal_identifier"),
            vat_number=buyer.get("vat_identifier"),
        ),
        total=str(total),
        draft=FacturXDraft(
            kind=kind,
            variant=variant,
            issued_on=said["BT-2"],
            due_on=said.get("BT-9"),
            currency=currency,
            lines=lines,
            vat=vat,
            file_sha256=file_sha256,
            source_reference=said["BT-1"],
        ),
    )


def _terms(content: bytes) -> dict[str, Any]:
    try:
        _, xml = facturx.get_xml_from_pdf(content, check_xsd=False)
    except Exception as error:  # the reader of PDFs has a failure for each kind of damage
        raise FileIsNoPdf from error
    if not xml:
        raise NoFacturX
    try:
        terms: dict[str, Any] = facturx.parse_ubl_cii_xml(xml)
    except Exception as error:  # the library raises nothing narrower
        raise BrokenFacturX(found=str(error)[:_FOUND_MAX]) from error
    return terms


def _by_rate(groups: list[dict[str, str]]) -> tuple[list[LineIn], list[VatIn]]:
    """Return a line and the tax of each rate (BG-23)."""
    if not groups:
        raise TooLittleInFacturX
    rates = [f"{Decimal(group.get('BT-119', '0')).normalize():f}" for group in groups]
    lines = [
        LineIn(label=f"TVA {rate} %", net=group["BT-116"], vat_rate=rate)
        for rate, group in zip(rates, groups, strict=True)
    ]
    vat = [VatIn(rate=rate, vat=group["BT-117"]) for rate, group in zip(rates, groups, strict=True)]
    return lines, vat
