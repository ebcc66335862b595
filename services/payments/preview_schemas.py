"""What the API answers before a payment is recorded: its defaults, and what it would do."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from services.payments.domain.confirming import RECORD_PREPAYMENT, Confirmation, needed
from services.payments.domain.foreseeing import Foreseen
from services.payments.domain.payable import DocumentVat, PayableDocument, payable
from services.payments.domain.recording import RecordPayment
from shared.decider import Picture
from shared.events.closing import DocumentClosed
from shared.events.payments import PaymentRecorded
from shared.money import decimal_text, split_by_weight
from shared.web import Out


class DefaultsOut(Out):
    """What a form for a payment starts from.

    `method` is none where it has to be chosen (K8). `total`, `paid` and `due` are those of the
    document, which is none where payments does not know it; `amount` is what is due, less the
    `discount` that the document's terms give on that day: it goes into `applies_to`. Where money
    would be kept for a document that is not owed yet, `explanation` tells people so, in French,
    before the form, and the request must carry `confirm`.
    """

    received_on: date
    method: str | None
    bank_account: str | None
    bank_deposit: str | None
    payer_name: str | None
    customer_id: UUID | None
    customer_banks: list[str]
    document_id: UUID | None
    number: str | None = None
    currency: str = "EUR"
    total: str | None = None
    paid: str | None = None
    due: str | None = None
    discount: str | None = None
    amount: str | None = None
    explanation: str | None = None
    confirm: tuple[Confirmation, ...] = ()


_KINDS = {"quote": "le devis", "order": "la commande", "delivery_note": "le bon de livraison"}


def prepaid_defaults(found: PayableDocument | None) -> dict[str, Any]:
    """Return the explanation and the confirmation of a prepayment; nothing of a payment."""
    if found is None or not found.prepayable:
        return {}
    kind = _KINDS.get(found.kind, "la facture")
    name = f"{kind} {found.number}" if found.number else f"{kind} (brouillon)"
    text = (
        f"Vous allez enregistrer un acompte sur {name}. Rien n'est encore dû sur cette pièce : "
        "l'argent lui reste réservé et glissera sur la facture lorsqu'elle sera validée. "
        "Voulez-vous continuer ?"
    )
    return {"explanation": text, "confirm": (RECORD_PREPAYMENT,)}


class VatShareOut(Out):
    """The share of an amount that falls on one VAT rate."""

    rate: str
    net: str
    vat: str
    gross: str


class ForeseenDocumentOut(Out):
    """A document before and after the payment: due, paid by it, remaining, status to come.

    `net` and `gross` are the amount before tax and with it (HT, TTC), as far as it is due; the
    split is fixed when the amount is allocated. `discount` is given up beside it, `difference` is
    what closing it gives up.
    """

    document_id: UUID
    number: str
    due: str
    amount: str
    net: str
    gross: str
    vat: list[VatShareOut]
    discount: str
    remaining: str
    difference: str
    payment_status: str


class ForeseenPaymentOut(Out):
    """The payment with every default filled in."""

    customer_id: UUID
    payer_name: str
    amount: str
    currency: str
    method: str
    bank_account: str
    received_on: date


class FactOut(Out):
    """A fact that would be written."""

    type: str
    data: dict[str, Any]


class WritesOut(Out):
    """What would be written if the warnings were confirmed; nothing was.

    `confirm` is what the request must carry to pass; with an error nothing makes it pass.
    """

    warnings: list[dict[str, Any]]
    errors: list[dict[str, Any]]
    confirm: list[Confirmation]
    writes: list[FactOut]


class PreviewOut(WritesOut):
    """What a payment would do: to documents, to the customer's credit, and what is written."""

    payment: ForeseenPaymentOut | None
    documents: list[ForeseenDocumentOut]
    credit: str | None


def writes_out(foreseen: Foreseen) -> WritesOut:
    """Show what would be written."""
    return WritesOut(**_writes(foreseen))


def _writes(foreseen: Foreseen) -> dict[str, Any]:
    asked = [name for warning in foreseen.warnings for name in needed(warning)]
    return {
        "warnings": [warning.problem() for warning in foreseen.warnings],
        "errors": [foreseen.error.problem()] if foreseen.error else [],
        "confirm": list(dict.fromkeys(asked)),
        "writes": [FactOut(type=fact.type, data=fact.plain()) for fact in foreseen.facts],
    }


def preview_out(foreseen: Foreseen, picture: Picture, command: RecordPayment) -> PreviewOut:
    """Show what a payment would do to the documents it applies to, even where it is refused."""
    currency = command.currency
    recorded = next((f for f in foreseen.facts if isinstance(f, PaymentRecorded)), None)
    meant = _meant(recorded, command)
    closed = {
        f.document_id: f.difference.cents for f in foreseen.facts if isinstance(f, DocumentClosed)
    }
    discounts = {a.document_id: a.discount.cents for a in command.applies_to if a.discount}
    documents = [
        _document(picture, d, cents, discounts.get(d, 0), closed.get(d, 0))
        for d, cents in meant.items()
    ]
    credit = None
    if recorded:
        rooms = {d: max(0, payable(picture, d).room_cents - discounts.get(d, 0)) for d in meant}
        paid = sum(min(cents, rooms[document_id]) for document_id, cents in meant.items())
        credit = decimal_text(recorded.amount.cents - paid, currency)
    return PreviewOut(
        payment=_payment(recorded) if recorded else None,
        documents=documents,
        credit=credit,
        **_writes(foreseen),
    )


def _meant(recorded: PaymentRecorded | None, command: RecordPayment) -> Mapping[UUID, int]:
    """Return the cents that are meant for each document, as typed where nothing is recorded."""
    alone = command.amount if len(command.applies_to) == 1 else None
    typed = {a.document_id: a.amount or alone for a in command.applies_to}
    found = {document_id: amount.cents if amount else 0 for document_id, amount in typed.items()}
    applied = recorded.applies_to if recorded else ()
    return found | {part.document_id: part.amount.cents for part in applied}


def _document(
    picture: Picture, document_id: UUID, cents: int, discount: int, difference: int
) -> ForeseenDocumentOut:
    """Show what becomes of a document; amounts in cents."""
    document = payable(picture, document_id)
    due = max(0, document.room_cents)
    shares = _shares(picture, document, min(cents, due))

    def text(amount: int) -> str:
        return decimal_text(amount, document.currency)

    return ForeseenDocumentOut(
        document_id=document_id,
        number=document.number,
        due=text(due),
        amount=text(cents),
        net=text(sum(net for _, net, _ in shares)),
        gross=text(min(cents, due)),
        vat=[
            VatShareOut(rate=rate, net=text(net), vat=text(vat), gross=text(net + vat))
            for rate, net, vat in shares
        ],
        discount=text(discount),
        remaining=text(max(0, due - cents - discount - difference)),
        difference=text(difference),
        payment_status=document.payment_status(cents + discount + difference),
    )


def _shares(picture: Picture, document: PayableDocument, cents: int) -> list[tuple[str, int, int]]:
    """Split an amount over the document's VAT rates: rate, net and VAT, to the cent (K11)."""
    known = picture.find(DocumentVat, document.document_id)
    if known is None or not known.vat:
        return []
    lines = [(str(v["rate"]), int(v["net_cents"]), int(v["vat_cents"])) for v in known.vat]
    parts = split_by_weight(cents, [net + vat for _, net, vat in lines])
    found = []
    for (rate, net, vat), part in zip(lines, parts, strict=True):
        of_net, of_vat = split_by_weight(part, [net, vat])
        found.append((rate, of_net, of_vat))
    return found


def _payment(fact: PaymentRecorded) -> ForeseenPaymentOut:
    return ForeseenPaymentOut(
        customer_id=fact.customer_id,
        payer_name=fact.payer_name,
        amount=str(fact.amount),
        currency=fact.amount.currency,
        method=fact.method,
        bank_account=fact.bank_account,
        received_on=fact.received_on,
    )
