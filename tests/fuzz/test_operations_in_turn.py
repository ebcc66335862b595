"""If this failed, requests that build on the answers of others would be answered by a defect.

Which answers give what other requests need, schemathesis finds in the contract by itself: the
id of a payment that was recorded is what its reversal, its receipt and its page ask for.
"""

from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from deploy.local.stack import Stack
from tests.books import Books, ok
from tests.fuzz.test_every_operation import EXCLUDED
from tests.services import document_of

# The archive makes nothing that a request could name.
SERVICES = ("payments", "invoicing", "reconciliation")
TURNS = {False: 3, True: 60}
STEPS = 15


@pytest.mark.parametrize(
    "many", [pytest.param(False, id="some"), pytest.param(True, id="many", marks=pytest.mark.fuzz)]
)
@pytest.mark.parametrize("service", SERVICES)
def test_what_one_answer_names_the_next_request_finds(
    stack: Stack, service: str, *, many: bool
) -> None:
    linked: Any = schemathesis.openapi.from_dict(document_of(service)).as_state_machine()

    class Requests(linked):  # type: ignore[misc] # it is made from the contract
        def setup(self) -> None:
            """Begin with books of its own, so that the same requests get the same answers."""
            self.books = Books(stack, f"in-turn-{uuid4().hex[:12]}")
            self.books.open()
            ok(self.books.pay(self.books.invoice()))
            self.books.wait_until_caught_up()

        def teardown(self) -> None:
            self.books.http.close()

        def before_call(self, case: Any) -> None:
            if "ledger" in case.path_parameters:
                case.path_parameters["ledger"] = self.books.ledger
            if isinstance(case.body, dict) and "customer_id" in case.body:
                case.body["customer_id"] = str(self.books.customer_id)

        def get_call_kwargs(self, _case: Any) -> dict[str, Any]:
            token = {"authorization": f"Bearer {self.books.token}"}
            return {"base_url": stack.urls[service], "headers": token}

        def validate_response(self, response: Any, case: Any, **named: Any) -> None:
            case.validate_response(response, excluded_checks=EXCLUDED, transport_kwargs=named)

    Requests.run(
        settings=settings(
            max_examples=TURNS[many],
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize=not many,
            suppress_health_check=list(HealthCheck),
        )
    )
