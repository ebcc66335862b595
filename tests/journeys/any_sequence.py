"""What people do with documents and payments, one step after the other, in any order.

Each step takes numbers and makes of them, from what people know by then, a request to one of the
services: the same in memory and over HTTP. What can't be asked for yet is left out; what is
refused changes nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from hypothesis import note

from shared.money import Money, decimal_text
from tests.facts import named
from tests.journeys.any_books import Answer, Books

T = TypeVar("T")
ON = "2025-08-18"
WHY = {"reason": "erreur de saisie"}
CONFIRMED = [["record-prepayment", "keep-as-credit"], ["record-prepayment"]]
TERMS = [{"percent": "10", "until_on": ON}]
CENTS_MAX = 300
ORDERS: Final = ("quote", "order", "delivery_note")
MAY_FOLLOW: Final[dict[str, tuple[str, ...]]] = {
    "order": ("quote",),
    "delivery_note": ("order",),
    "invoice": ORDERS,
    "prepayment": ("quote", "order"),
}


class Pick:
    """Choices made of numbers; those that are missing are zero."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self._numbers = list(numbers)

    def number(self, below: int) -> int:
        """Return a number from zero on."""
        return (self._numbers.pop(0) if self._numbers else 0) % below

    def one(self, choices: Sequence[T]) -> T:
        """Return one of these."""
        return choices[self.number(len(choices))]

    def cents(self, most: int = CENTS_MAX) -> str:
        """Return an amount of at least a cent."""
        return decimal_text(1 + self.number(most))


@dataclass(slots=True)
class Known:
    """A document as people know it: what it says, and the status it was answered with."""

    body: Answer
    answer: Answer

    @property
    def document_id(self) -> str:
        return str(self.answer["document_id"])

    @property
    def cents(self) -> int:
        return Money.parse(self.answer["total"], "EUR").cents

    def has(self, status: str, *kinds: str) -> bool:
        """Say whether it stands thus, and is of one of these kinds."""
        return self.answer["document_status"] == status and self.body["kind"] in kinds


@dataclass
class People:
    """Everybody who works on a ledger, and what they know of it."""

    books: Books
    names: int = 0
    customers: list[str] = field(default_factory=list)
    documents: dict[str, Known] = field(default_factory=dict)
    payments: dict[str, Answer] = field(default_factory=dict)  # by name; those not taken back
    refunds: dict[str, Answer] = field(default_factory=dict)  # likewise

    def open(self) -> None:
        """Register the first customer, and name our bank account."""
        account = {"label": "CIC", "account": "51210000", "journal_code": "CIC"}
        assert self.books.ask("payments", "/bank-accounts/CIC", account)
        assert self.register(Pick([]))
        self.books.travel_all()

    def those(self, status: str, *kinds: str) -> list[Known]:
        """Return documents that stand thus."""
        return [document for document in self.documents.values() if document.has(status, *kinds)]

    @property
    def most_customers(self) -> list[str]:
        """Return the customers, the first more often."""
        return [*self.customers, *self.customers[:1] * 2]

    @property
    def drafts(self) -> list[Known]:
        """Return what is drawn up and no more."""
        return self.those("draft", *ORDERS, "invoice")

    @property
    def prepayable(self) -> list[Known]:
        """Return what may be paid in advance."""
        return [*self.those("validated", *ORDERS), *self.drafts]

    def ask(self, service: str, path: str, body: Answer) -> Answer | None:
        """Put a request, and say so where a sequence is told."""
        answer = self.books.ask(service, path, body)
        note(f"{'accepted' if answer else 'refused '} {path} {body}")
        return answer

    def name(self, kind: str) -> str:
        """Return a name that nothing has yet."""
        self.names += 1
        return str(named(f"{kind}{self.names}"))

    # ── invoicing ───────────────────────────────────────────────────────────────

    def register(self, _pick: Pick) -> object:
        """Register another customer."""
        customer_id = self.name("C")
        body = {"code": customer_id[:8], "name": "Durand", "kind": "societe"}
        if answer := self.ask("invoicing", f"/customers/{customer_id}", body):
            self.customers.append(customer_id)
        return answer

    def _body(self, pick: Pick, kind: str) -> Answer:
        """Return a document of one or two VAT rates, which may come from another."""
        rates = pick.one([["20"], ["0"], ["20", "5.5"]])
        lines = [{"label": "Prestation", "net": pick.cents(), "vat_rate": rate} for rate in rates]
        fitting = [
            d
            for d in self.those("validated", *ORDERS)
            if d.body["kind"] in MAY_FOLLOW.get(kind, ())
        ]
        above = pick.one([None, *fitting[-3:] * 3])
        customer_id = above.body["customer_id"] if above else pick.one(self.most_customers)
        body: Answer = {"customer_id": customer_id, "issued_on": ON, "lines": lines}
        body |= {"kind": "invoice", "variant": kind} if kind == "prepayment" else {"kind": kind}
        return body | ({"follows": above.document_id} if above else {})

    def _document(self, place: str, document_id: str, body: Answer) -> object:
        if answer := self.ask("invoicing", f"/{place}/{document_id}", body):
            self.documents[document_id] = Known(body, answer)
        return answer

    def order(self, pick: Pick) -> object:
        """Validate a quote, an order or a delivery note, mostly of what it comes from."""
        kind = pick.one(ORDERS)
        return self._document("documents", self.name("D"), self._body(pick, kind))

    def invoice(self, pick: Pick) -> object:
        """Validate an invoice, which takes over what it comes from, and mostly has a discount."""
        body = self._body(pick, "invoice") | {"discount_terms": pick.one([TERMS, TERMS, []])}
        return self._document("documents", self.name("D"), body)

    def prepayment_invoice(self, pick: Pick) -> object:
        """Validate an invoice of a prepayment."""
        return self._document("documents", self.name("D"), self._body(pick, "prepayment"))

    def draw_up(self, pick: Pick) -> object:
        """Draw a draft up."""
        kind = pick.one(["invoice", "invoice", "order", "delivery_note", "prepayment"])
        return self._document("drafts", self.name("D"), self._body(pick, kind))

    def draw_up_anew(self, pick: Pick) -> object:
        """Let a draft say something else: another amount, another customer, come from elsewhere."""
        draft = pick.one(self.drafts)
        kind = str(draft.body.get("variant", draft.body["kind"]))
        return self._document("drafts", draft.document_id, self._body(pick, kind))

    def validate(self, pick: Pick) -> object:
        """Make a draft final."""
        draft = pick.one(self.drafts)
        answer = self.ask("invoicing", f"/drafts/{draft.document_id}/validation", {})
        draft.answer = answer or draft.answer
        return answer

    def cancel(self, pick: Pick) -> object:
        """Give up what is not owed yet."""
        document = pick.one(self.prepayable)
        answer = self.ask("invoicing", f"/documents/{document.document_id}/cancellation", WHY)
        document.answer = answer or document.answer
        return answer

    def credit_note(self, pick: Pick) -> object:
        """Undo an invoice, or part of it; or owe a customer something for no invoice."""
        of = pick.one([*self.those("validated", "invoice"), None])
        lines = of.body["lines"] if of else []
        if not of or pick.number(2):
            part = pick.cents(of.cents if of else CENTS_MAX)
            lines = [{"label": "Avoir", "net": part, "vat_rate": "0"}]
        whose = of.body["customer_id"] if of else pick.one(self.customers)
        body = {"kind": "credit_note", "customer_id": whose, "issued_on": ON, "lines": lines}
        corrects = {"corrects": of.document_id} if of else {}
        return self._document("documents", self.name("D"), body | corrects)

    def cancel_note(self, pick: Pick) -> object:
        """Undo a credit note by an invoice."""
        of = pick.one(self.those("validated", "credit_note"))
        kept = {name: of.body[name] for name in ("customer_id", "issued_on", "lines")}
        form = {"kind": "invoice", "variant": "cancellation", "follows": of.document_id}
        return self._document("documents", self.name("D"), kept | form)

    # ── payments ────────────────────────────────────────────────────────────────

    def paying(self, pick: Pick, targets: Sequence[Known], **fields: Any) -> Answer:
        """Return the body of a payment for these."""
        whose = targets[0].body["customer_id"] if targets else pick.one(self.customers)
        applies_to = [{"document_id": target.document_id} for target in targets]
        known = {"customer_id": whose, "method": "transfer", "received_on": ON}
        return known | {"applies_to": applies_to, "confirm": pick.one(CONFIRMED)} | fields

    def record(self, body: Answer) -> object:
        """Record a payment."""
        payment_id = self.name("P")
        if answer := self.ask("payments", f"/payments/{payment_id}", body):
            self.payments[payment_id] = answer
        return answer

    def pay(self, pick: Pick) -> object:
        """Pay an invoice or two, or nothing that is named: too little, exactly, or too much."""
        owed = self.those("validated", "invoice")
        first = pick.one([*owed, *owed, None])
        targets = [first] if first else []
        if first and (second := pick.one(owed)) is not first:
            same = second.body["customer_id"] == first.body["customer_id"]
            targets += [second] if same and pick.number(2) else []
        amount = pick.one([None, pick.cents(), pick.cents()])
        whole = {} if amount is None and targets else {"amount": amount or "1.00"}
        return self.record(self.paying(pick, targets, **whole))

    def prepay(self, pick: Pick) -> object:
        """Pay an order or a draft in advance."""
        target = pick.one(self.prepayable)
        amount = pick.one([decimal_text(target.cents), pick.cents(), pick.cents()])
        return self.record(self.paying(pick, [target], amount=amount))

    def sell(self, pick: Pick) -> object:
        """Validate an order, perhaps of a quote, and prepay it once everybody knows it."""
        if not self.order(pick):
            return None
        self.books.travel_all()
        *_, order = self.documents.values()
        amount = pick.one([decimal_text(order.cents), pick.cents(order.cents)])
        return self.record(self.paying(pick, [order], amount=amount))

    def _taken_back(self, kind: str, how: str, name: str) -> object:
        answer = self.ask("payments", f"/{kind}/{name}/{how}", WHY)
        if answer:
            (self.payments if kind == "payments" else self.refunds).pop(name)
        return answer

    def reverse(self, pick: Pick) -> object:
        """Reverse a payment."""
        return self._taken_back("payments", "reversal", pick.one([*self.payments]))

    def bounce(self, pick: Pick) -> object:
        """Take a payment as returned by the bank."""
        return self._taken_back("payments", "return", pick.one([*self.payments]))

    def correct(self, pick: Pick) -> object:
        """Replace a payment by another, of another amount or for other documents."""
        old = pick.one([*self.payments])
        known = [*self.those("validated", "invoice", *ORDERS), *self.drafts]
        target = pick.one([*known, None])
        body = self.paying(pick, [target] if target else [], amount=pick.cents())
        name = self.name("P")
        correction = {"payment_id": name, "payment": body} | WHY
        answer = self.ask("payments", f"/payments/{old}/correction", correction)
        if answer:
            self.payments.pop(old)
            self.payments[name] = answer
        return answer

    def refund(self, pick: Pick) -> object:
        """Give back a credit note, money of a payment whether prepaid or available, or neither."""
        notes = [("document", note) for note in self.those("validated", "credit_note")]
        target = pick.one([*(("payment", name) for name in self.payments), *notes, None])
        whose, refunds = pick.one(self.customers), []
        if target:
            kind, given = target
            name = given.document_id if isinstance(given, Known) else given
            said = given.body if isinstance(given, Known) else self.payments[given]
            whose, refunds = said["customer_id"], [{"kind": kind, "id": name}]
        body = {"customer_id": whose, "amount": pick.cents(), "refunded_on": ON, "refunds": refunds}
        refund_id = self.name("R")
        if answer := self.ask("payments", f"/refunds/{refund_id}", body):
            self.refunds[refund_id] = answer
        return answer

    def reverse_refund(self, pick: Pick) -> object:
        """Reverse a refund: what it gave back is there again."""
        return self._taken_back("refunds", "reversal", pick.one([*self.refunds]))
