"""If these failed, accounting would get another amount than was decided, or get it twice."""

from typing import Any
from uuid import UUID

from services.payments.domain.accounting import Movement
from services.payments.domain.booking import (
    BookDifference,
    BookOpposite,
    BookTransfer,
    BookWriteOff,
)
from services.payments.service import SERVICE
from shared.events.booking import DifferenceBooked, TransferBooked
from shared.events.reconciliation import (
    AllocationDifference,
    AllocationMade,
    VatPart,
    WriteOffDeclared,
)
from shared.events.transfers import TransferMade
from tests.facts import DURAND, MARTIN, TODAY, euros, item, named
from tests.given import Memory
from tests.payments.words import books, policy


def accepted(code: Any = "discount", amount: str = "9.02", **fields: Any) -> AllocationMade:
    """Return the allocation by which a difference settles FA1."""
    known: dict[str, Any] = {
        "allocation_id": named("AD"),
        "customer_id": DURAND,
        "credit": item("write_off", "W1"),
        "debit": item("document", "FA1"),
        "amount": euros(amount),
        "allocated_on": TODAY,
        "origin": "manual",
        "group_id": named("G"),
        "credit_open": euros("0.00"),
        "debit_open": euros("0.00"),
        "vat": (
            VatPart(rate="20", amount=euros("4.80")),
            VatPart(rate="5.5", amount=euros("4.22")),
        ),
        "accepts": AllocationDifference(
            code=code,
            amount=euros(amount),
            reason="Escompte",
            write_off_id=named("W1"),
            allocation_id=named("AD"),
        ),
        "debit_number": "FA1",
    }
    return AllocationMade.model_validate(known | fields)


def opposite() -> WriteOffDeclared:
    return WriteOffDeclared(
        write_off_id=named("W2"),
        customer_id=DURAND,
        side="debit",
        amount=euros("9.02"),
        reason="erreur",
        declared_on=TODAY,
        request_sha256="",
        takes_back=named("W1"),
    )


def alone(**fields: Any) -> WriteOffDeclared:
    """Return W1, declared by itself; a loss unless said otherwise."""
    known = {"write_off_id": named("W1"), "takes_back": None, "side": "credit", "alone": True}
    return opposite().model_copy(update=known | fields)


def transfer() -> TransferMade:
    return TransferMade(
        transfer_id=named("TR"),
        allocation_id=named("A1"),
        from_customer_id=DURAND,
        debit_item_id=named("W3"),
        to_customer_id=MARTIN,
        credit_item_id=named("W4"),
        amount=euros("10.00"),
        transferred_on=TODAY,
        credit=item("payment", "P1"),
        credit_number="RC1",
        debit=item("document", "FA1"),
        debit_number="FA1",
    )


def movement(memory: Memory, name: UUID) -> Movement:
    return memory.row(Movement, f"write_off/{name}")


def test_the_vat_of_a_discount_is_that_of_its_parts_per_rate() -> None:
    memory = books()
    booked = memory.when(BookDifference(made=accepted())).only(DifferenceBooked)
    assert (booked.vat, booked.vat_account) == (euros("1.02"), "44571")  # 0.80 and 0.22
    assert (booked.amount, booked.account, booked.voucher) == (euros("9.02"), "665", "FA1")
    memory.when(BookDifference(made=accepted())).then_nothing()


def test_only_a_discount_takes_vat_back_and_never_more_than_there_is() -> None:
    fee = books().when(BookDifference(made=accepted("bank_fee"))).only(DifferenceBooked)
    assert (fee.vat, fee.vat_account, fee.account) == (euros("0.00"), None, "627")
    rebate = (
        VatPart(rate="20", amount=euros("-30.00")),
        VatPart(rate="0", amount=euros("39.02")),
    )
    odd = books().when(BookDifference(made=accepted(vat=rebate))).only(DifferenceBooked)
    assert (odd.vat, odd.vat_account) == (euros("0.00"), None)


def test_what_accepts_nothing_is_not_booked() -> None:
    books().when(BookDifference(made=accepted(accepts=None))).then_nothing()
    books().when(BookOpposite(opposite=opposite())).then_nothing()


def test_what_is_taken_back_is_the_opposite_of_what_was_booked() -> None:
    memory = books()
    memory.decide(BookDifference(made=accepted()))
    back = memory.when(BookOpposite(opposite=opposite())).only(DifferenceBooked)
    assert (back.amount, back.vat, back.takes_back) == (euros("-9.02"), euros("-1.02"), named("W1"))
    assert movement(memory, named("W2")).amount_cents == -902
    memory.when(BookOpposite(opposite=opposite())).then_nothing()


def test_a_loss_that_stands_alone_is_booked_once_on_the_account_that_was_said() -> None:
    memory = books()
    booked = memory.when(BookWriteOff(declared=alone())).only(DifferenceBooked)
    assert (booked.amount, booked.vat, booked.account) == (euros("9.02"), euros("0.00"), "658")
    assert (booked.voucher, booked.label) == (str(named("W1")), "erreur")
    memory.when(BookWriteOff(declared=alone())).then_nothing()
    said = books().when(BookWriteOff(declared=alone(account="6588"))).only(DifferenceBooked)
    assert said.account == "6588"


def test_a_gain_that_stands_alone_is_booked_the_other_way_round() -> None:
    gain = BookWriteOff(declared=alone(side="debit"))
    booked = books().when(gain).only(DifferenceBooked)
    assert (booked.amount, booked.account) == (euros("-9.02"), "758")
    memory = books()
    memory.decide(policy(gain_account="7588", write_off_account="6588"))
    memory.decide(gain)
    back = opposite().model_copy(update={"side": "credit"})
    taken_back = memory.when(BookOpposite(opposite=back)).only(DifferenceBooked)
    assert (taken_back.amount, taken_back.account) == (euros("9.02"), "7588")


def test_only_what_stands_alone_is_booked_for_itself_and_only_once_its_opposite() -> None:
    memory = Memory(SERVICE.projection, SERVICE.reactions)
    assert memory.follow(alone(alone=False)) == []
    assert len(memory.follow(alone(), alone(), opposite(), opposite())) == 2


def test_payments_answers_by_itself_and_once() -> None:
    memory = Memory(SERVICE.projection, SERVICE.reactions)
    ours = memory.follow(transfer(), transfer())
    assert [type(fact) for fact in ours] == [TransferBooked]
    kept = movement(memory, named("W4"))
    assert (kept.customer_id, kept.payer_id, kept.kind) == (MARTIN, DURAND, "transfer")
    memory.when(BookTransfer(made=transfer())).then_nothing()
