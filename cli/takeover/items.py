"""What a plan is made of: the things to replay, in the words of the services.

Amounts are positive whole cents; what an item does to the customer's balance is `effect_cents`,
debit positive, because that is how the file counts. An item's `key` names it for ever: the same
file gives the same keys, and a client can derive its UUIDs from them.
"""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

CENT = Decimal(1)

Kind = Literal["societe", "particulier"]
DocumentKind = Literal["invoice", "credit_note"]
Side = Literal["debit", "credit"]
Method = Literal["cash", "cheque", "card", "direct-debit", "transfer"]
Cause = Literal["returned", "reversed"]
Reason = Literal[
    "difference",
    "discount",
    "bad-debt",
    "transfer",
    "doubtful",
    "bill",
    "advance",
    "supplier",
    "suspense",
    "vat",
    "other",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Someone the company sells to, as the file knows them."""

    key: str
    """The auxiliary account, or the general account where there is no auxiliary."""
    code: str
    """What people call the account; the same as `key` but for homonyms (see `customers`)."""
    accounts: tuple[str, ...]
    """The general accounts (411…) under which they appear."""
    name: str
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class BankAccount:
    """A place where money is held or in transit: bank, cash box, cheques to hand in."""

    account: str
    """The general account (5…), which is the key: `Payment.bank_account` names it."""
    code: str
    """The journal that uses it most, unless another account already has that code."""
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NetLine:
    """One line of a document, without VAT; negative for a rebate inside an invoice."""

    account: str
    label: str
    net_cents: int
    rate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VatLine:
    """What a document says about one VAT rate, as the file gives it."""

    rate: str
    """In per cent, as in `20`, `5.5` or `0`."""
    net_cents: int
    vat_cents: int

    @property
    def gap_cents(self) -> int:
        """How far the file's VAT is from the net amount times the rate, rounded half up."""
        computed = (self.net_cents * Decimal(self.rate) / 100).quantize(CENT, ROUND_HALF_UP)
        return abs(self.vat_cents - int(computed))


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An invoice (facture) or a credit note (avoir), from a sales entry.

    `total_cents` is the sum of all nets and VAT amounts, and equals the customer's line.
    Amounts are positive in both kinds, so that a credit note is an invoice backwards.
    """

    key: str
    customer: str
    kind: DocumentKind
    reference: str
    """PieceRef: not always unique, some software repeats one per month."""
    issued_on: date
    """PieceDate, or the booking date where it is blank."""
    booked_on: date
    label: str
    total_cents: int
    net_lines: tuple[NetLine, ...]
    vat_lines: tuple[VatLine, ...]
    share_of_cents: int | None
    """The total of the sale of which this is a part; None when the document is the whole sale."""
    lines: tuple[int, ...]

    @property
    def effect_cents(self) -> int:
        """What the document adds to the customer's balance."""
        return self.total_cents if self.kind == "invoice" else -self.total_cents


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningBalance:
    """Something still open at the start of the file (à-nouveau)."""

    key: str
    customer: str
    side: Side
    amount_cents: int
    booked_on: date
    issued_on: date
    """PieceDate, which some software keeps from the document brought forward."""
    reference: str
    label: str
    lines: tuple[int, ...]

    @property
    def effect_cents(self) -> int:
        """What the item adds to the customer's balance."""
        return self.amount_cents if self.side == "debit" else -self.amount_cents


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money received from a customer (encaissement): gross, before the bank's fees."""

    key: str
    customer: str
    amount_cents: int
    method: Method
    bank_account: str
    received_on: date
    reference: str
    payer: str
    label: str
    lines: tuple[int, ...]

    @property
    def effect_cents(self) -> int:
        """What the payment takes from the customer's balance."""
        return -self.amount_cents


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money given back to a customer (remboursement)."""

    key: str
    customer: str
    amount_cents: int
    method: Method
    bank_account: str
    paid_on: date
    reference: str
    payee: str
    label: str
    looks_returned: bool
    """The label says unpaid or reversed, but no payment of the file can be the one meant."""
    lines: tuple[int, ...]

    @property
    def effect_cents(self) -> int:
        """What the refund adds to the customer's balance."""
        return self.amount_cents


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedPayment:
    """A payment taken back: unpaid by the bank (impayé), or entered by error (extourne)."""

    key: str
    customer: str
    payment_key: str
    """The payment it takes back: same customer, same amount, not after it."""
    cause: Cause
    amount_cents: int
    returned_on: date
    reference: str
    label: str
    lines: tuple[int, ...]

    @property
    def effect_cents(self) -> int:
        """What the return adds to the customer's balance."""
        return self.amount_cents


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """A debit or credit of a customer that is neither a sale nor money.

    In `Plan.write_offs` the counterpart is a charge or an income (écart de règlement, escompte,
    créance irrécouvrable); in `Plan.adjustments` it is any other account.
    """

    key: str
    customer: str
    side: Side
    amount_cents: int
    booked_on: date
    reason: Reason
    account: str
    """The main counterpart; for a transfer, the other customer's general account."""
    account_label: str
    reference: str
    label: str
    lines: tuple[int, ...]

    @property
    def effect_cents(self) -> int:
        """What the item adds to the customer's balance."""
        return self.amount_cents if self.side == "debit" else -self.amount_cents


Item = Document | OpeningBalance | Payment | Refund | ReturnedPayment | Adjustment


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """A group of items that the file marks as belonging together (lettrage)."""

    customer: str
    code: str
    matched_on: date
    """DateLet, or the latest date of its lines where the file gives none."""
    item_keys: tuple[str, ...]
    lines: tuple[int, ...]
    balance_cents: int
    """Debits less credits; a group is whole when it is zero."""

    @property
    def balanced(self) -> bool:
        """Tell whether the group is whole: only then must ours be the same."""
        return self.balance_cents == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTakenOver:
    """Lines of the file that become nothing with us, and why."""

    reason: str
    journal_code: str
    journal_label: str
    entry_count: int
    line_count: int
    line_ranges: tuple[tuple[int, int], ...]
    """First and last line of each unbroken run of lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All there is to replay, each list by date and then by line, and the file's own truth."""

    customers: tuple[Customer, ...]
    bank_accounts: tuple[BankAccount, ...]
    opening_balances: tuple[OpeningBalance, ...]
    documents: tuple[Document, ...]
    payments: tuple[Payment, ...]
    refunds: tuple[Refund, ...]
    returned_payments: tuple[ReturnedPayment, ...]
    write_offs: tuple[Adjustment, ...]
    adjustments: tuple[Adjustment, ...]
    matchings: tuple[Matching, ...]
    not_taken_over: tuple[NotTakenOver, ...]
    balances: dict[str, int]
    """Customer key to debits less credits over all their lines, in cents."""

    @property
    def items(self) -> tuple[Item, ...]:
        """Everything that changes a customer's balance."""
        return (
            *self.opening_balances,
            *self.documents,
            *self.payments,
            *self.refunds,
            *self.returned_payments,
            *self.write_offs,
            *self.adjustments,
        )
