"""Facts of the payments service: money that reached us or went back.

Amounts are signed as our bank account sees them: what comes in is positive, what goes
out or is taken back is negative. Dates `…_on` are civil dates.
"""

from typing import ClassVar, Literal

from shared.dates import IsoDate
from shared.events import Event, Value
from shared.events.invoicing import CustomerRole
from shared.events.taking_back import Refunded
from shared.ids import Id
from shared.money import Money


class AppliedTo(Value):
    """How much of a payment the payer meant for one document, and the seal of its file.

    `file_sha256` ties the chain of payments to the sealed invoices (rule 9, S2-04).
    """

    document_id: Id
    document_number: str
    amount: Money
    file_sha256: str | None = None
    prepayment: bool = False  # nothing was owed on the document yet
    discount: Money | None = None  # given up beside it, since it was paid early

    @property
    def settles_cents(self) -> int:
        """Return what is asked of the document in all: paid, and given up beside it."""
        return self.amount.cents + (self.discount.cents if self.discount else 0)


class PaymentRecorded(Event):
    """Money reached us (encaissement)."""

    type: ClassVar[str] = "payments.payment-recorded.v1"
    about: ClassVar[str] = "payment/{payment_id}"

    payment_id: Id
    number: str
    numbering_period: str  # what shares one run of the counter, such as "RC2508-{n}"
    numbering_count: int
    customer_id: Id
    amount: Money
    method: str
    bank_account: str
    received_on: IsoDate
    payer_name: str
    reference: str | None = None
    customer_bank: str | None = None
    note: str | None = None
    applies_to: tuple[AppliedTo, ...] = ()
    replaces: Id | None = None
    request_sha256: str


class PaymentReversed(Event):
    """A recorded payment turned out not to be: an equal and opposite entry (extourne)."""

    type: ClassVar[str] = "payments.payment-reversed.v1"
    about: ClassVar[str] = "payment/{payment_id}"

    payment_id: Id
    customer_id: Id
    amount: Money  # negative: what it takes back
    reason: str
    reversed_on: IsoDate


class PaymentReturned(Event):
    """The bank took the money back: a bounced cheque, a rejected direct debit (impayé)."""

    type: ClassVar[str] = "payments.payment-returned.v1"
    about: ClassVar[str] = "payment/{payment_id}"

    payment_id: Id
    customer_id: Id
    amount: Money  # negative: what the bank took back
    reason: str
    returned_on: IsoDate
    reason_code: str | None = None  # the bank's own, such as AM04 of ISO 20022
    fee: Money | None = None  # negative: what the bank took for it
    fee_account: str | None = None  # of the chart of accounts, 627…


class RefundRecorded(Event):
    """Money went out: back to a customer (remboursement), or for a purchase (règlement).

    Whose card it names says which: a customer's, a supplier's or an employee's.
    """

    type: ClassVar[str] = "payments.refund-recorded.v1"
    about: ClassVar[str] = "refund/{refund_id}"

    refund_id: Id
    number: str
    numbering_period: str
    numbering_count: int
    customer_id: Id
    amount: Money  # negative: what left our account
    method: str
    bank_account: str
    refunded_on: IsoDate
    payee_name: str
    reference: str | None = None
    note: str | None = None
    refunds_kind: Literal["payment", "document"] | None = None  # where it gives back only one
    refunds_id: Id | None = None
    request_sha256: str
    refunds: tuple[Refunded, ...] = ()
    source: str | None = None  # of a digital payment: who gave it back, whatever it had paid
    replaces: Id | None = None  # the refund that was recorded with a mistake
    role: CustomerRole = "customer"  # of the card that it names


class BankDepositOpened(Event):
    """A bank deposit (remise en banque) was begun; its method and account never change."""

    type: ClassVar[str] = "payments.bank-deposit-opened.v1"
    about: ClassVar[str] = "bank-deposit/{bank_deposit}"

    bank_deposit: str
    method: str
    bank_account: str
    currency: str


class PaymentAddedToDeposit(Event):
    """A payment was put in a bank deposit that is open."""

    type: ClassVar[str] = "payments.payment-added-to-deposit.v1"
    about: ClassVar[str] = "payment/{payment_id}"

    payment_id: Id
    bank_deposit: str
    amount: Money


class PaymentRemovedFromDeposit(Event):
    """A payment was taken out of a bank deposit that is open."""

    type: ClassVar[str] = "payments.payment-removed-from-deposit.v1"
    about: ClassVar[str] = "payment/{payment_id}"

    payment_id: Id
    bank_deposit: str
    amount: Money  # negative: the deposit is less by it


class BankDepositClosed(Event):
    """A bank deposit went to the bank, or to accounting: nothing is added or taken out."""

    type: ClassVar[str] = "payments.bank-deposit-closed.v1"
    about: ClassVar[str] = "bank-deposit/{bank_deposit}"

    bank_deposit: str
    closed_on: IsoDate
    payment_count: int
    total: Money
    export_id: Id | None = None  # the accounting export that closed it


class BankDepositReopeningRequested(Event):
    """Somebody who may not reopen a bank deposit asks for it."""

    type: ClassVar[str] = "payments.bank-deposit-reopening-requested.v1"
    about: ClassVar[str] = "bank-deposit/{bank_deposit}"

    bank_deposit: str
    reason: str


class BankDepositReopened(Event):
    """A closed bank deposit takes payments again."""

    type: ClassVar[str] = "payments.bank-deposit-reopened.v1"
    about: ClassVar[str] = "bank-deposit/{bank_deposit}"

    bank_deposit: str
    reason: str


class PaymentMethodConfigured(Event):
    """A payment method (mode de règlement) was added, renamed, or switched on or off."""

    type: ClassVar[str] = "payments.payment-method-configured.v1"
    about: ClassVar[str] = "payment-method/{code}"

    code: str
    label: str  # French: what a customer reads
    untdid_4461: str
    active: bool = True
    default: bool = False
    needs_number: bool = False  # of the cheque, transfer or debit
    depositable: bool = True  # may be put in a bank deposit
    digital: bool = False  # only its source may undo what was paid with it


class BankAccountConfigured(Event):
    """One of our bank accounts or tills was added, renamed, or switched on or off."""

    type: ClassVar[str] = "payments.bank-account-configured.v1"
    about: ClassVar[str] = "bank-account/{code}"

    code: str
    label: str
    account: str  # of the chart of accounts, 5xx
    journal_code: str
    iban: str | None = None
    active: bool = True
    default: bool = False


class PaymentPolicyConfigured(Event):
    """The ledger's policy for receiving money changed (S2-38, S3-12)."""

    type: ClassVar[str] = "payments.payment-policy-configured.v1"
    about: ClassVar[str] = "payment-policy"

    tolerance: Money
    receipt_template: str
    refund_template: str
    customer_banks: tuple[str, ...] = ()  # to choose from; any name where there is none
    over_payable: Literal["refuse", "confirm", "keep"] = "confirm"  # beyond the tolerance (K4)
    prepayment_method_default: bool = False  # whether a prepayment may leave its method out (K8)
    locked_until: IsoDate | None = None  # nothing dated up to this day is recorded or changed
    write_off_account: str | None = None  # where closing short books the difference; none (K5)
    write_off_reason: str = "Écart de règlement"
    discount_account: str | None = None  # where differences of hand-made allocations are booked;
    bank_fee_account: str | None = None  # none is the built-in account
    vat_account: str | None = None
    gain_account: str | None = None  # of gains accepted alone


class JournalCount(Value):
    """The last entry number given to one accounting journal."""

    journal_code: str
    last_number: int


class LeftOutMovement(Value):
    """Money that moved in another currency than the books': accounting books it by hand.

    `kind` is payment, reversal, return, return_fee or refund, `id` that of the payment or
    refund, and `number` its receipt's.
    """

    kind: str
    id: Id
    number: str
    moved_on: IsoDate
    amount: Money


class AccountingExportClosed(Event):
    """A period's payments were handed to accounting, once and for all.

    An entry of the payments journal belongs to the first export whose `to_position` and
    `to_on` it does not exceed, so nothing is exported twice and a late entry comes in the
    next one. The file and the totals are in the books' currency; what moved in another is
    in `left_out`.
    """

    type: ClassVar[str] = "payments.accounting-export-closed.v1"
    about: ClassVar[str] = "accounting-export/{export_id}"

    export_id: Id
    sequence: int
    from_on: IsoDate
    to_on: IsoDate
    from_position: int
    to_position: int
    entry_count: int
    line_count: int
    debit_total: Money
    credit_total: Money
    journals: tuple[JournalCount, ...]
    file_name: str
    file_sha256: str
    previous_manifest_sha256: str | None
    manifest_sha256: str
    left_out: tuple[LeftOutMovement, ...] = ()
