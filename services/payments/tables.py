"""Payments' tables: what its facts and those it follows are turned into."""

from sqlalchemy import DDL, Index, MetaData, event, text

from services.payments.domain.accounting import Export, ExportFile, MatchedItem, Movement
from services.payments.domain.closing import Closing
from services.payments.domain.deposit import BankDeposit
from services.payments.domain.discount import DiscountTerms
from services.payments.domain.numbers import Counter
from services.payments.domain.payable import DocumentVat, KnownCustomer, PayableDocument
from services.payments.domain.payment import Payment
from services.payments.domain.presentation import Presentation
from services.payments.domain.printing import ReceiptPrint
from services.payments.domain.refund import Refund
from services.payments.domain.refundable import RefundClaim
from services.payments.domain.settings import (
    BankAccount,
    PaymentMethod,
    PaymentPolicy,
    SettingChange,
)
from services.payments.domain.source import SourceEvent
from shared.tables import Tables

metadata = MetaData()
TABLES = Tables(metadata)
payments = TABLES.table(
    "payments",
    Payment,
    indexes={
        "payments_by_receipt": ["ledger", "received_on", "payment_id"],
        "payments_by_customer": ["ledger", "customer_id", "received_on", "payment_id"],
        "payments_by_number": ["ledger", "number"],
        "payments_by_amount": ["ledger", "amount_cents", "payment_id"],
    },
)
# Any part of a number or reference, by the groups of three characters in it (S1-08, S2-52); and
# what few payments have: another state than most, an account that is seldom used.
Index(
    "payments_by_anything",
    *(payments.c[name] for name in ("ledger", "number", "reference", "state", "bank_account")),
    postgresql_using="gin",
    postgresql_ops={"number": "gin_trgm_ops", "reference": "gin_trgm_ops"},
)
Index(
    "payments_by_document",
    payments.c.applies_to,
    postgresql_using="gin",
    postgresql_ops={"applies_to": "jsonb_path_ops"},
    postgresql_where=text("applies_to <> '[]'"),
)
Index(
    "payments_by_deposit",
    *(payments.c[name] for name in ("ledger", "bank_deposit", "received_on", "payment_id")),
    postgresql_where=payments.c.bank_deposit.is_not(None),
)
# A payment changes soon after it was recorded, when it is allocated: its next version has room on
# the same page, and no index need know of it.
_ROOM = DDL("ALTER TABLE payments SET (fillfactor = 50)")  # type: ignore[no-untyped-call]
event.listen(payments, "after_create", _ROOM)
refunds = TABLES.table(
    "refunds",
    Refund,
    indexes={
        "refunds_by_day": ["ledger", "refunded_on", "refund_id"],
        "refunds_by_customer": ["ledger", "customer_id", "refunded_on", "refund_id"],
    },
)
refund_claims = TABLES.table(
    "refund_claims",
    RefundClaim,
    indexes={
        "refund_claims_by_target": ["ledger", "target"],
        "refund_claims_by_refund": ["ledger", "refund_id"],
    },
)
source_events = TABLES.table("source_events", SourceEvent)
movements = TABLES.table(
    "movements", Movement, indexes={"movements_by_position": ["ledger", "position"]}
)
matched_items = TABLES.table("matched_items", MatchedItem)
payment_methods = TABLES.table("payment_methods", PaymentMethod, settings=True)
bank_accounts = TABLES.table("bank_accounts", BankAccount, settings=True)
payment_policies = TABLES.table("payment_policies", PaymentPolicy, settings=True)
counters = TABLES.table("numbering_counters", Counter, settings=True)
known_customers = TABLES.table("known_customers", KnownCustomer)
payable_documents = TABLES.table("payable_documents", PayableDocument)
document_vat = TABLES.table("document_vat", DocumentVat)
discount_terms = TABLES.table("discount_terms", DiscountTerms)
closings = TABLES.table(
    "closings", Closing, indexes={"closings_by_payment": ["ledger", "payment_id"]}
)
bank_deposits = TABLES.table("bank_deposits", BankDeposit)
receipt_prints = TABLES.table(
    "receipt_prints",
    ReceiptPrint,
    indexes={"receipt_prints_by_payment": ["ledger", "payment_id"]},
)
presentations = TABLES.table("presentations", Presentation)
setting_changes = TABLES.table(
    "setting_changes", SettingChange, indexes={"changes_by_subject": ["ledger", "subject"]}
)
accounting_exports = TABLES.table("accounting_exports", Export)
export_files = TABLES.table("export_files", ExportFile, kept=True)
