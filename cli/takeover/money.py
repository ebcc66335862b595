"""Lines of a customer account against money: payments, refunds, and payments taken back.

A credit is money received and a debit is money given back. Amounts are gross: what the bank
kept as a fee was still paid by the customer.

A debit takes an earlier payment back when its words say so, or when it mirrors that payment in
the same matching group; never when that would tear a group of the file apart, since with us a
payment taken back pays nothing any more. Else it is a refund.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cli.takeover.items import Customer, Method, Payment, Refund, ReturnedPayment
from cli.takeover.words import method_of, says_refund, says_returned, says_reversed
from shared.fec import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Part of a customer's line that moved money."""

    key: str
    customer: Customer
    line: Line
    bank: Line
    """The line of the treasury account."""
    cents: int
    """As on the customer's account: positive when the customer is debited."""

    @property
    def text(self) -> str:
        """The words in which the entry speaks of itself."""
        return f"{self.line.label} {self.bank.label} {self.line.voucher}"

    @property
    def undoes(self) -> bool:
        """Tell whether it undoes an entry: by its words, or because it is a negative credit."""
        return says_reversed(self.text) or self.line.credit_cents < 0

    @property
    def label(self) -> str:
        """The label of the customer's line, or of the bank's where it has none."""
        return self.line.label or self.bank.label


def banks_for(lines: Iterable[Line], treasury: Iterable[Line]) -> dict[int, Line]:
    """Choose the treasury line of each customer line, among those of the opposite side.

    The line of exactly that amount if there is one, else the one with most left to explain. A
    customer line without any is missing from the answer: no money moved.
    """
    left = {line.number: line.cents for line in treasury}
    by_number = {line.number: line for line in treasury}
    chosen: dict[int, Line] = {}
    for line in lines:
        sign = 1 if line.cents > 0 else -1
        opposite = [number for number, bank in by_number.items() if bank.cents * sign < 0]
        if not opposite:
            continue
        exact = [number for number in opposite if left[number] == -line.cents]
        number = exact[0] if exact else max(opposite, key=lambda place: -sign * left[place])
        left[number] += line.cents
        chosen[line.number] = by_number[number]
    return chosen


def payment(movement: Movement) -> Payment:
    """Return the payment that a credit of a customer against money is."""
    line = movement.line
    return Payment(
        key=movement.key,
        customer=movement.customer.key,
        amount_cents=-movement.cents,
        method=_method(movement),
        bank_account=movement.bank.account,
        received_on=line.booked_on,
        reference=line.voucher,
        payer=movement.customer.name,
        label=movement.label,
        lines=(line.number,),
    )


def given_back(
    movements: Iterable[Movement],
    payments: Iterable[Payment],
    whole_groups: Mapping[int, int],
) -> tuple[list[Refund], list[ReturnedPayment]]:
    """Tell refunds from payments taken back, oldest first, each payment taken back once."""
    received: defaultdict[tuple[str, int], list[Payment]] = defaultdict(list)
    for candidate in sorted(payments, key=lambda one: (one.received_on, one.lines)):
        received[candidate.customer, candidate.amount_cents].append(candidate)
    refunds: list[Refund] = []
    returned: list[ReturnedPayment] = []
    for movement in sorted(movements, key=lambda one: (one.line.booked_on, one.line.number)):
        candidates = received[movement.customer.key, movement.cents]
        origin = _origin(movement, candidates, whole_groups)
        if origin is None:
            refunds.append(_refund(movement))
        else:
            candidates.remove(origin)
            returned.append(_return(movement, origin))
    return refunds, returned


def _origin(
    movement: Movement, candidates: list[Payment], whole_groups: Mapping[int, int]
) -> Payment | None:
    """Return the payment that a debit takes back: the latest, of the same group if any is."""
    says_so = movement.undoes or says_returned(movement.text)
    if says_refund(movement.text) and not says_so:
        return None
    group = whole_groups.get(movement.line.number)
    if group is None and not says_so:
        return None
    return next(
        (
            candidate
            for candidate in reversed(candidates)
            if candidate.received_on <= movement.line.booked_on
            and whole_groups.get(candidate.lines[0]) == group
        ),
        None,
    )


def _refund(movement: Movement) -> Refund:
    """Return the refund that a debit of a customer against money is."""
    line = movement.line
    return Refund(
        key=movement.key,
        customer=movement.customer.key,
        amount_cents=movement.cents,
        method=_method(movement),
        bank_account=movement.bank.account,
        paid_on=line.booked_on,
        reference=line.voucher,
        payee=movement.customer.name,
        label=movement.label,
        looks_returned=movement.undoes or says_returned(movement.text),
        lines=(line.number,),
    )


def _return(movement: Movement, origin: Payment) -> ReturnedPayment:
    """Return the taking back of a payment."""
    return ReturnedPayment(
        key=movement.key,
        customer=movement.customer.key,
        payment_key=origin.key,
        cause="reversed" if movement.undoes else "returned",
        amount_cents=movement.cents,
        returned_on=movement.line.booked_on,
        reference=movement.line.voucher,
        label=movement.label,
        lines=(movement.line.number,),
    )


def _method(movement: Movement) -> Method:
    """Tell how the money moved, from the most to the least telling words."""
    line, bank = movement.line, movement.bank
    settlements = [own.treasury.method for own in (line, bank) if own.treasury]
    return method_of(
        *settlements,
        line.label,
        bank.label,
        line.voucher,
        bank.account_label,
        line.journal_label,
        account=bank.account,
    )
