"""If this failed, a deployment would lose payments that were acknowledged, or hang."""

from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from signal import SIGTERM
from uuid import UUID, uuid4

import httpx

from tests.books import Books, until
from tests.reading import facts, journal

CLIENTS = 16


def test_a_service_that_is_told_to_stop_answers_what_it_accepted_and_leaves(books: Books) -> None:
    stack, acknowledged = books.stack, list[UUID]()

    def pay_until_it_is_gone(_: int) -> None:
        with Books(stack, books.ledger) as client:
            client.customer_id = books.customer_id
            while True:
                payment_id = uuid4()
                try:
                    answer = client.pay(None, payment_id, amount="1.00")
                except httpx.TransportError:
                    return
                if answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
                    return
                assert answer.status_code == HTTPStatus.CREATED, answer.text
                acknowledged.append(payment_id)

    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(pay_until_it_is_gone, n) for n in range(CLIENTS)]
        until(lambda: len(acknowledged) > 20 * CLIENTS, seconds=60)
        stack.kill("payments", SIGTERM)
        for client in clients:
            client.result()
    assert stack.parts["payments"].exit_code() == 0
    stack.restart("payments")
    recorded = [UUID(f["payment_id"]) for f in facts(books, "payments", "payment-recorded")]
    assert sorted(recorded) == sorted(acknowledged)
    positions = [entry["position"] for entry in journal(books, "payments")]
    assert positions == list(range(1, len(positions) + 1))
    books.wait_until_caught_up()
