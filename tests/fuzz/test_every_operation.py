"""If this failed, some request that the contract allows, or not, would be answered by a defect."""

from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from shared.names import SERVICES
from tests.books import Books
from tests.services import document_of

REQUESTS = {False: 60, True: 2_500}  # of each service; four of them make 10,000

# One sends no token, which the helper here always does; a business rule refuses with 422 what
# a schema can't know to be wrong.
EXCLUDED: Any = [ignored_auth, positive_data_acceptance]


@pytest.mark.parametrize(
    "many", [pytest.param(False, id="some"), pytest.param(True, id="many", marks=pytest.mark.fuzz)]
)
@pytest.mark.parametrize("service", SERVICES)
def test_every_answer_is_one_that_the_contract_names(
    books: Books, service: str, *, many: bool
) -> None:
    schema = schemathesis.openapi.from_dict(document_of(service))
    operations = [cast("Any", found).ok() for found in schema.get_all_operations()]
    any_case = st.one_of([operation.as_strategy() for operation in operations])

    @settings(
        max_examples=REQUESTS[many],
        deadline=None,
        database=None,
        derandomize=not many,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=any_case)
    def ask(case: Any) -> None:
        if "ledger" in case.path_parameters:
            case.path_parameters["ledger"] = books.ledger
        case.call_and_validate(
            base_url=books.stack.urls[service],
            headers={"authorization": f"Bearer {books.token}"},
            excluded_checks=EXCLUDED,
        )

    ask()
