"""If these failed, a publisher could attest what the software no longer does."""

import re

import pytest

from tests.architecture.sources import text
from tests.services import document_of

CONDITIONS = {"inaltérabilité", "sécurisation", "conservation", "archivage"}
_MEASURE = re.compile(
    r"^\| (\d+) \| (\S+) \| [^|]+ \| `([A-Z]+) (\w+) (\S+)` \| `(\S+\.py)::(\w+)` \|$", re.MULTILINE
)
PAGE = "docs/attestation.md"


@pytest.mark.feature("S2-01")
def test_each_measure_of_the_attestation_names_an_endpoint_and_a_test_that_there_are() -> None:
    measures = _MEASURE.findall(text(PAGE))
    assert [int(number) for number, *_ in measures] == list(range(1, len(measures) + 1))
    assert {condition for _, condition, *_ in measures} == CONDITIONS
    assert f"les mesures 1 à {len(measures)} de la liste" in text(PAGE)
    rows = [line for line in text(PAGE).splitlines() if re.match(r"\| \d", line)]
    assert len(rows) == len(measures), "a row of the list is of another form"
    for _, _, method, service, path, module, test in measures:
        document = document_of(service)
        assert method.lower() in document["paths"][path], f"{method} {service} {path}"
        assert re.search(rf"^(async )?def {test}\(", text(module), re.MULTILINE), test


def test_the_attestation_has_both_parts_and_says_what_it_does_not_cover() -> None:
    titles = re.findall(r"^## (.+)$", text(PAGE), re.MULTILINE)
    assert titles[:3] == ["Références", "Volet 1 : éditeur", "Volet 2 : entreprise utilisatrice"]
    assert titles[-1] == "Ce qui n'est pas couvert"
