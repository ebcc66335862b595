"""If these failed, people would not be told, in their language, what became of what they asked."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared import messages
from tests.archive.tampering import tampered
from tests.books import Books, message, ok, refused

MALFORMED = "Demande incomplète ou mal formée\xa0: corrigez ce qui est indiqué, puis renvoyez-la."
ALTER_ONE = "UPDATE journal SET stream = 'elsewhere' WHERE ledger = $1 AND position = 1"


def succeeds(answer: httpx.Response, sentence: str) -> None:
    """Check that a command was carried out, and what a client reads about it."""
    assert answer.is_success, answer.text
    assert message(answer) == sentence


def fails(answer: httpx.Response, status: int, code: str, sentence: str) -> None:
    """Check that a command was refused, and that header and problem say why in French."""
    problem = refused(answer, status, code)
    assert problem["title"].isascii()
    assert problem["message"] == message(answer) == sentence


def sentences() -> dict[str, str]:
    """Return the sentence of every command and outcome, named as the file names it."""
    return {
        name.replace(messages.PREFIX, "", 1): said
        for of_service in messages.COMMANDS.values()
        for name, said in of_service.items()
    }


@pytest.mark.feature("S2-60")
def test_commands_on_payments_end_in_a_success_or_a_failure_message(books: Books) -> None:
    payment = f"/payments/{uuid4()}"
    body = books.payment_body(amount="12.00")
    for _ in ("at first", "again"):
        succeeds(books.put("payments", payment, body), "Encaissement enregistré.")
    fails(
        books.put("payments", payment, body | {"amount": "13.00"}),
        409,
        "payment-id-taken",
        "Un autre encaissement porte déjà cet identifiant\xa0: prenez-en un nouveau.",
    )
    fails(books.put("payments", payment, {"amount": 13}), 422, "malformed", MALFORMED)
    reversal = {"reason": "saisi deux fois"}
    succeeds(books.put("payments", f"{payment}/reversal", reversal), "Extourne enregistrée.")
    correction = {"payment_id": str(uuid4()), "payment": body} | reversal
    fails(
        books.put("payments", f"{payment}/correction", correction),
        409,
        "payment-is-reversed",
        "Cet encaissement est déjà extourné.",
    )
    fails(
        books.put("payments", f"/payments/{uuid4()}/reversal", reversal),
        404,
        "unknown-payment",
        "Encaissement introuvable\xa0: vérifiez-le\xa0; s'il vient d'être saisi, réessayez dans un "
        "instant.",
    )


@pytest.mark.feature("S2-60")
def test_commands_on_documents_end_in_a_success_or_a_failure_message(books: Books) -> None:
    customer = {"code": "MARTIN", "name": "Martin", "kind": "societe"}
    succeeds(books.put("invoicing", f"/customers/{uuid4()}", customer), "Client enregistré.")
    fails(
        books.put("invoicing", f"/customers/{uuid4()}", customer),
        409,
        "customer-code-taken",
        "Un autre client porte déjà ce code\xa0: choisissez-en un autre.",
    )
    invoice = books.invoice()["document_id"]
    fails(
        books.put("invoicing", f"/documents/{invoice}/cancellation", {"reason": "erreur"}),
        409,
        "invoice-is-final",
        "Pièce validée\xa0: une facture se défait par un avoir, un avoir par une facture "
        "d'annulation.",
    )


@pytest.mark.feature("S2-60")
def test_commands_on_allocations_end_in_a_success_or_a_failure_message(books: Books) -> None:
    invoice = books.invoice("100.00")
    payment = ok(books.pay(amount="150.00"))
    books.wait_until_caught_up()
    sides = {
        "credit": {"kind": "payment", "id": payment["payment_id"]},
        "debit": {"kind": "document", "id": invoice["document_id"]},
    }
    allocation = f"/allocations/{uuid4()}"
    fails(
        books.put("reconciliation", allocation, sides | {"amount": "120.00"}),
        409,
        "more-than-open",
        "Le montant dépasse ce qui reste ouvert d'un des deux côtés\xa0: réduisez-le.",
    )
    succeeds(
        books.put("reconciliation", allocation, sides | {"amount": "100.00"}),
        "Imputation enregistrée.",
    )
    succeeds(
        books.put("reconciliation", f"{allocation}/release", {"reason": "erreur"}),
        "Imputation défaite\xa0: les deux côtés sont de nouveau ouverts.",
    )


@pytest.mark.feature("S2-60")
def test_a_verification_ends_in_a_success_or_a_failure_message(books: Books) -> None:
    with Books(books.stack, books.ledger, ["journal:read"]) as reader:
        fails(
            reader.post("archive", "/verifications", {}),
            403,
            "forbidden",
            "Vous n'avez pas ce droit dans cette comptabilité\xa0: adressez-vous à la personne qui "
            "gère les accès.",
        )
    succeeds(
        books.post("archive", "/verifications", {}), "Vérification terminée\xa0: tout est intact."
    )


@pytest.mark.feature("S2-60")
def test_of_many_each_that_is_refused_says_why(books: Books) -> None:
    good, bad = {"amount": "1.00"}, {"amount": "0"}

    def asked(mode: str, *bodies: dict[str, str]) -> httpx.Response:
        customer = {"customer_id": str(books.customer_id)}
        items = [{"id": str(uuid4())} | customer | body for body in bodies]
        return books.post("payments", "/payments/bulk", {"mode": mode, "items": items})

    each = asked("each", good, bad)
    succeeds(each, "Lot traité\xa0: chaque ligne dit si elle est acceptée, inchangée ou refusée.")
    wanted = "Le montant doit être supérieur à zéro\xa0; ce qui va dans l'autre sens est un "
    assert each.json()["outcomes"][1]["problem"]["message"].startswith(wanted)
    together = asked("all", good, bad)
    fails(
        together,
        422,
        "several-refused",
        "Rien n'a été enregistré\xa0: certaines lignes sont refusées, chacune avec sa raison.",
    )
    (error,) = together.json()["errors"]
    assert error["message"].startswith(wanted)


def test_a_command_that_can_end_in_two_ways_says_in_which_it_did(books: Books) -> None:
    def closing() -> dict[str, Any]:
        owed = books.invoice()["document_id"]
        return {"amount": "0", "applies_to": [{"document_id": owed, "closes": True}]}

    payment = ok(books.pay(method="cheque", amount="9.00"))["payment_id"]
    deposit = f"/payments/{payment}/bank-deposit"
    ok(books.put("payments", deposit, {"bank_deposit": "REM", "confirm": ["open-bank-deposit"]}))
    file = f"/payable-documents/{books.invoice()['document_id']}/file-check"
    found: dict[str, httpx.Response] = {
        "PUT /payments/{payment_id} closed": books.pay(**closing()),
        "POST /payments closed": books.post(
            "payments", "/payments", books.payment_body(**closing()), **{"idempotency-key": "1"}
        ),
        "PUT /payments/{payment_id}/bank-deposit withdrawn": books.put(
            "payments", deposit, {"bank_deposit": None}
        ),
        "POST /payable-documents/{document_id}/file-check differs": books.http.post(
            books.url("payments", file), content=b"%PDF of somebody else"
        ),
    }
    books.wait_until_caught_up()
    with tampered(books.stack, "payments", books.ledger, ALTER_ONE):
        found["POST /verifications flawed"] = books.post("archive", "/verifications", {})
    for name, answer in found.items():
        assert message(answer) == sentences()[name], name
    assert set(found) == {name for name in sentences() if name.count(" ") > 1}
