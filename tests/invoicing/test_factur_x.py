"""If these failed, a draft would not be what the electronic invoice says."""

import hashlib
from uuid import uuid4

import httpx
import pytest

from tests.books import Books, ok, refused
from tests.invoicing.factur_x import XML, factur_x, plain_pdf
from tests.reading import position


def reading(books: Books, content: bytes) -> httpx.Response:
    url = books.url("invoicing", "/drafts/factur-x")
    headers = {"content-type": "application/octet-stream"}
    return books.http.post(url, content=content, headers=headers)


def test_a_factur_x_is_read_into_the_draft_it_asks_for(books: Books) -> None:
    content, before = factur_x(), position(books, "invoicing")
    said = ok(reading(books, content))
    assert said["seller_name"] == "Maison Martin"
    assert said["buyer"] == {
        "name": "Durand SARL",
        "legal_identifier": "732829320",
        "vat_number": None,
    }
    assert said["total"] == "1275.50"
    draft = said["draft"]
    assert (draft["kind"], draft["source_reference"]) == ("invoice", "F-2025-17")
    assert (draft["issued_on"], draft["due_on"]) == ("2025-08-18", "2025-09-17")
    lines = [(line["vat_rate"], line["net"]) for line in draft["lines"]]
    assert lines == [("20", "975.00"), ("5.5", "100.00")]
    assert draft["vat"] == [{"rate": "20", "vat": "195.00"}, {"rate": "5.5", "vat": "5.50"}]
    assert draft["file_sha256"] == hashlib.sha256(content).hexdigest()
    assert position(books, "invoicing") == before

    body = draft | {"customer_id": str(books.customer_id)}
    drawn_up = ok(books.put("invoicing", f"/drafts/{uuid4()}", body))
    assert drawn_up["total"] == "1275.50"


def test_a_credit_note_is_one(books: Books) -> None:
    said = ok(reading(books, factur_x(XML.replace(">380<", ">381<"))))
    assert said["draft"]["kind"] == "credit_note"


DUE = "<ram:DuePayableAmount>1275.50</ram:DuePayableAmount>"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(b"", "file-is-no-pdf", id="nothing"),
        pytest.param(b"{}", "file-is-no-pdf", id="no PDF"),
        pytest.param(factur_x()[:3_000], "file-is-no-pdf", id="cut"),
        pytest.param(plain_pdf(), "no-factur-x", id="no XML"),
        pytest.param(
            factur_x(XML.replace(DUE, ""), check=False), "broken-factur-x", id="no amount due"
        ),
        pytest.param(
            factur_x(XML.replace(">5.50</ram:Rate", ">5.555</ram:Rate")),
            "broken-factur-x",
            id="an odd rate",
        ),
        pytest.param(
            factur_x(XML.replace(">380<", ">384<")), "other-kind-of-factur-x", id="correction"
        ),
        pytest.param(
            factur_x(XML.replace(">195.00<", ">195.01<")), "sums-differ-in-factur-x", id="a cent"
        ),
    ],
)
def test_what_no_draft_can_be_made_of_is_refused_with_its_reason(
    books: Books, content: bytes, problem: str
) -> None:
    refused(reading(books, content), 422, problem)
