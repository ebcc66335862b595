"""If these failed, a refund could be changed behind the bank's back, or not where it may be."""

from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest

from services.payments.domain import refund_locks
from services.payments.domain.changing_refund import AnnotateRefund, CorrectRefund, DeleteRefund
from services.payments.domain.refund import RefundIsReversed, ReverseRefund
from services.payments.domain.refund_locks import REFUND_FIELDS, REFUND_LADDER
from services.payments.domain.refundable import MoreThanRefundable, Target
from shared.events.bank import RefundBankReconciled
from shared.events.payments import RefundRecorded
from shared.events.taking_back import RefundAnnotated, RefundReversed
from tests.books import Books, ok, refused
from tests.facts import DURAND, TODAY, euros, named
from tests.given import Memory
from tests.payments.test_refunds import give_back as given_back
from tests.payments.test_refunds import of, open_credit
from tests.payments.words import books as memory_of
from tests.payments.words import give_back, record
from tests.reading import facts, journal

P1 = Target("payment", named("P1"))


def correct(name: str, by: Any) -> CorrectRefund:
    return CorrectRefund(refund_id=named(name), reason="montant", on=TODAY, refund=by)


def reverse(name: str) -> ReverseRefund:
    return ReverseRefund(
        refund_id=named(name), reason="saisi par erreur", reversed_on=None, today=TODAY
    )


def refunded(amount: str = "60.00") -> Memory:
    """Return the rows after 100,00 € came in, of which this much went back."""
    memory = memory_of()
    memory.when(record("P1", "100.00"))
    memory.when(give_back("R1", amount, refunds=[P1], reference="1", note="a"))
    return memory


def test_a_correction_frees_what_the_old_refund_gave_back_and_no_more() -> None:
    memory = refunded("60.00")
    too_much = correct("R1", give_back("R2", "100.01", refunds=[P1]))
    memory.when(too_much).then_refused(MoreThanRefundable, maximum=euros("100.00"))
    right = correct("R1", give_back("R2", "100.00", refunds=[P1]))
    reversal, anew = memory.when(right).facts
    assert isinstance(reversal, RefundReversed)
    assert isinstance(anew, RefundRecorded)
    assert (str(anew.amount), anew.replaces) == ("-100.00", named("R1"))
    memory.when(right).then_nothing()
    again = correct("R1", give_back("R3", "1.00", refunds=[P1]))
    memory.when(again).then_refused(RefundIsReversed, reason="montant")


def test_a_refund_s_note_is_changed_once_and_what_is_left_out_stays() -> None:
    memory = refunded()
    command = AnnotateRefund(refund_id=named("R1"), said={"note": "b"})
    said = memory.when(command).only(RefundAnnotated)
    assert (said.reference, said.note) == ("1", "b")
    memory.when(command).then_nothing()


def test_each_step_of_the_ladder_refuses_all_that_the_one_below_refuses() -> None:
    for lower, higher in pairwise(REFUND_LADDER.values()):
        assert lower.keys() <= higher.keys()


COMMANDS: dict[str, Any] = {
    **dict.fromkeys(refund_locks.CORRECTED, correct("R1", give_back("R2", "9.00", refunds=[P1]))),
    "reference": AnnotateRefund(refund_id=named("R1"), said={"reference": "2"}),
    "note": AnnotateRefund(refund_id=named("R1"), said={"note": "b"}),
    "deletion": DeleteRefund(reversal=reverse("R1"), confirm=["delete"]),
}


@pytest.mark.parametrize("field", REFUND_FIELDS)
def test_what_is_refused_is_what_the_table_says(field: str) -> None:
    on_statement = RefundBankReconciled(
        refund_id=named("R1"), customer_id=DURAND, statement="CIC 08", reconciled_on=TODAY
    )
    for step, facts_of_step in (("free", []), ("bank_reconciled", [on_statement])):
        then = refunded().apply(*facts_of_step).when(COMMANDS[field])
        if refusal := REFUND_LADDER[step].get(field):  # type: ignore[index, call-overload]
            then.then_refused(refusal)
        else:
            assert then.facts, then.refusal


# ── over HTTP ───────────────────────────────────────────────────────────────────


def say(books: Books, made: dict[str, Any], what: str, **fields: Any) -> Any:
    return books.put("payments", f"/refunds/{made['refund_id']}/{what}", fields)


def shown(books: Books, refund: dict[str, Any]) -> dict[str, Any]:
    return dict(ok(books.get("payments", f"/refunds/{refund['refund_id']}")))


def anew(books: Books, amount: str, *refunds: Any, **fields: Any) -> dict[str, Any]:
    body = {"customer_id": str(books.customer_id), "amount": amount, "refunded_on": "2025-08-21"}
    new = body | {"refunds": [*refunds]} | fields
    return {"refund_id": str(uuid4()), "reason": "erreur de saisie", "refund": new}


def put_on_statement(books: Books, refund: dict[str, Any], statement: str = "CIC 2025-08") -> Any:
    path = f"/refunds/{refund['refund_id']}/bank-reconciliation"
    return books.put("reconciliation", path, {"statement": statement})


def test_a_refund_is_corrected_in_one_commit_and_frees_what_it_gave_back(books: Books) -> None:
    spare = ok(books.pay(amount="100.00"))
    books.wait_until_caught_up()
    wrong = ok(given_back(books, "60.00", of(spare)))
    length = len(journal(books, "payments"))
    too_much = anew(books, "100.01", of(spare))
    refused(say(books, wrong, "correction", **too_much), 409, "more-than-refundable")
    assert len(journal(books, "payments")) == length
    body = anew(books, "100.00", of(spare), reference="VIR 9")
    right = ok(say(books, wrong, "correction", **body))
    assert (right["amount"], right["refunded_on"], right["reference"], right["replaces"]) == (
        *("100.00", "2025-08-21", "VIR 9", wrong["refund_id"]),
    )
    entries = journal(books, "payments")[length:]
    assert [entry["type"] for entry in entries] == [
        *("payments.refund-reversed.v1", "payments.refund-recorded.v1")
    ]
    assert len({entry["recorded_at"] for entry in entries}) == 1
    assert ok(say(books, wrong, "correction", **body)) == right
    changed = body | {"reason": "autre"}
    refused(say(books, wrong, "correction", **changed), 409, "refund-id-taken")
    assert len(journal(books, "payments")) == length + 2
    assert shown(books, wrong)["editable"] == []
    assert open_credit(books) == {}
    books.prove_conservation()


def test_a_refund_moved_by_hand_is_corrected_from_where_it_is(books: Books) -> None:
    wrong, right = (books.invoice("30.00", kind="credit_note") for _ in range(2))
    refund = ok(given_back(books, "30.00", of(wrong)))
    books.wait_until_caught_up()
    items = everything_linked(books, refund)
    move = {
        "credit": of(right),
        "debit": {"kind": "refund", "id": refund["refund_id"]},
        "amount": "30.00",
    }
    body = {"releases": items, "allocations": [move], "reason": "mauvais avoir"}
    ok(books.put("reconciliation", f"/reallocations/{uuid4()}", body))
    books.wait_until_caught_up()
    assert shown(books, refund)["gives_back"] == [of(right) | {"amount": "30.00"}]
    corrected = anew(books, "20.00", of(right))
    new = ok(say(books, refund, "correction", **corrected))
    assert open_credit(books) == {wrong["document_id"]: "30.00", right["document_id"]: "10.00"}
    assert shown(books, new)["gives_back"] == [of(right) | {"amount": "20.00"}]
    books.prove_conservation()


def everything_linked(books: Books, refund: dict[str, Any]) -> list[str]:
    """Return the allocations that a refund has, as reconciliation's journal says."""
    return [
        fact["allocation_id"]
        for fact in facts(books, "reconciliation", "allocation-made")
        if fact["debit"] == {"kind": "refund", "id": refund["refund_id"]}
    ]


@pytest.mark.feature("S4-03")
def test_of_a_refund_that_the_bank_shows_only_the_reference_changes(books: Books) -> None:
    spare = ok(books.pay(amount="100.00"))
    refund = ok(given_back(books, "40.00", of(spare)))
    books.wait_until_caught_up()
    for _ in range(2):
        met = ok(put_on_statement(books, refund))
        assert (met["bank_reconciled"], met["statement"]) == (True, "CIC 2025-08")
    refused(put_on_statement(books, refund, "CIC 2025-09"), 409, "on-another-statement")
    refused(put_on_statement(books, {"refund_id": uuid4()}), 404, "unknown-refund")
    books.wait_until_caught_up()
    now = shown(books, refund)
    assert (now["bank_reconciled"], now["step"]) == (True, "bank_reconciled")
    assert now["editable"] == ["reference"]
    for what, fields in (
        ("correction", anew(books, "30.00", of(spare))),
        ("annotation", {"note": "autre"}),
        ("deletion", {"reason": "erreur", "confirm": ["delete"]}),
    ):
        problem = refused(say(books, refund, what, **fields), 409, "refund-is-bank-reconciled")
        assert problem["ways_out"] == ["annotation", "reversal"]
    assert ok(say(books, refund, "annotation", reference="VIR 8"))["reference"] == "VIR 8"
    # Said by mistake: it is as free as before; on the statement again, it can still be reversed.
    path = f"/refunds/{refund['refund_id']}/bank-reconciliation/undoing"
    undone = ok(books.put("reconciliation", path, {"reason": "autre ligne"}))
    assert (undone["bank_reconciled"], undone["statement"]) == (False, None)
    books.wait_until_caught_up()
    assert shown(books, refund)["editable"] == list(REFUND_FIELDS)
    ok(put_on_statement(books, refund))
    books.wait_until_caught_up()
    ok(say(books, refund, "reversal", reason="erreur"))
    assert open_credit(books) == {spare["payment_id"]: "100.00"}
    books.prove_conservation()


def test_nothing_of_a_refund_changes_once_accounting_has_it(books: Books) -> None:
    spare = ok(books.pay(amount="100.00"))
    refund = ok(given_back(books, "40.00", of(spare), name=uuid4()))
    ok(say(books, refund, "annotation", reference="VIR 8", note="vu"))
    export = {"from": "2025-08-01", "to": "2025-08-31"}
    found = ok(books.post("payments", "/accounting-exports", export))
    text = books.get("payments", f"/accounting-exports/{found['export_id']}/file").text
    assert "VIR 8" in text  # what was annotated reached accounting
    now = shown(books, refund)
    assert (now["step"], now["editable"]) == ("exported", [])
    for what, fields in (
        ("correction", anew(books, "30.00", of(spare))),
        ("annotation", {"reference": "VIR 9"}),
    ):
        problem = refused(say(books, refund, what, **fields), 409, "refund-is-exported")
        assert problem["ways_out"] == ["reversal"]
    ok(books.put("payments", "/payment-policy", {"locked_until": "2025-08-31"}))
    assert shown(books, refund)["step"] == "period_locked"
    refused(say(books, refund, "annotation", reference="VIR 9"), 409, "period-is-locked")


def test_refunds_are_listed_and_added_up_by_bank_account_customer_day_and_state(
    books: Books,
) -> None:
    till = {"label": "Caisse", "account": "53000000", "journal_code": "CAI"}
    ok(books.put("payments", "/bank-accounts/CAISSE", till))
    stranger = uuid4()
    books.register(stranger)
    books.wait_until_caught_up()

    def refund(amount: str, on: str, **fields: Any) -> str:
        body = {"customer_id": str(books.customer_id), "amount": amount, "refunded_on": on}
        made = ok(books.put("payments", f"/refunds/{uuid4()}", body | fields))
        return str(made["number"])

    first = refund("1.00", "2025-08-01", bank_account="CIC")
    second = refund("2.00", "2025-08-02", bank_account="CAISSE")
    third = refund("4.00", "2025-08-03", bank_account="CIC", customer_id=str(stranger))

    def found(**query: Any) -> tuple[list[str], list[str]]:
        page = ok(books.get("payments", "/refunds", **query))
        totals = ok(books.get("payments", "/refunds/totals", **query))
        return [row["number"] for row in page["items"]], [row["amount"] for row in totals]

    assert found() == ([third, second, first], ["7.00"])
    assert found(bank_account="CIC") == ([third, first], ["5.00"])
    assert found(customer_id=str(stranger)) == ([third], ["4.00"])
    assert found(refunded_from="2025-08-02", refunded_to="2025-08-02") == ([second], ["2.00"])
    assert found(bank_account="BNP") == ([], [])
    page = ok(books.get("payments", "/refunds", limit=2))
    rest = ok(books.get("payments", "/refunds", limit=2, cursor=page["next_cursor"]))
    assert [row["number"] for row in rest["items"]] == [first]
    ok(say(books, rest["items"][0], "reversal", reason="erreur"))
    assert found(state="reversed") == ([first], [])
    assert found(state="recorded") == ([third, second], ["6.00"])
    assert found() == ([third, second, first], ["6.00"])
    refused(books.get("payments", f"/refunds/{uuid4()}"), 404, "unknown-refund")
