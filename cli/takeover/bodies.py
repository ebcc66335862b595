"""From the plan's items to the bodies of requests; every id follows from ledger and key."""

import re
from typing import Any
from uuid import UUID

from cli.takeover.items import (
    Adjustment,
    BankAccount,
    Customer,
    Document,
    Item,
    Matching,
    OpeningBalance,
    Payment,
    Refund,
    ReturnedPayment,
)
from shared.ids import derived_id
from shared.money import decimal_text

_ACCOUNT = re.compile(r"\d{3}[0-9A-Za-z]{0,12}")
_CODE = re.compile(r"[^A-Za-z0-9._-]+")
_TEXT_MAX = 200


def customer_id(ledger: str, key: str) -> UUID:
    """Return the id of a customer of the plan."""
    return derived_id(ledger, "takeover", "customer", key)


def item_id(ledger: str, key: str) -> UUID:
    """Return the id of an item of the plan."""
    return derived_id(ledger, "takeover", "item", key)


def item_name(ledger: str, item: Item) -> tuple[str, UUID]:
    """Return kind and id under which reconciliation knows an item."""
    if isinstance(item, ReturnedPayment):
        return "taken_back", item_id(ledger, item.payment_key)
    kinds: dict[type[Any], str] = {
        Document: "document",
        OpeningBalance: "document",
        Payment: "payment",
        Refund: "refund",
        Adjustment: "write_off",
    }
    return kinds[type(item)], item_id(ledger, item.key)


def bank_code(account: BankAccount) -> str:
    """Return the code of a bank account, as addresses allow it."""
    return _CODE.sub("-", account.code).strip("-._") or account.account


def customer_body(customer: Customer) -> dict[str, Any]:
    """Return the card of a customer."""
    account = customer.accounts[0]
    auxiliary = customer.code if customer.code not in customer.accounts else None
    return {
        "code": _text(customer.key)[:60],
        "name": _text(customer.name or customer.code),
        "kind": customer.kind,
        "account": account if _ACCOUNT.fullmatch(account) else "411000",
        "auxiliary_account": auxiliary,
    }


def bank_body(account: BankAccount, *, default: bool) -> dict[str, Any]:
    """Return a bank account."""
    return {
        "default": default,
        "label": _text(account.name or account.code),
        "account": account.account,
        "journal_code": account.code.strip()[:20],
    }


def document_body(ledger: str, item: Document | OpeningBalance) -> dict[str, Any]:
    """Return an invoice, a credit note or an opening balance."""
    if isinstance(item, OpeningBalance):
        line = {"label": _text(item.label), "net": decimal_text(item.amount_cents), "vat_rate": "0"}
        kind = "invoice" if item.side == "debit" else "credit_note"
        extra: dict[str, Any] = {"nature": "opening_balance", "lines": [line]}
    else:
        kind = item.kind
        extra = {
            "nature": "taken_over",
            "lines": [
                {
                    "label": _text(line.label),
                    "net": decimal_text(line.net_cents),
                    "vat_rate": line.rate,
                    "account": line.account if _ACCOUNT.fullmatch(line.account) else None,
                }
                for line in item.net_lines
            ],
            "vat": [
                {"rate": part.rate, "vat": decimal_text(part.vat_cents)} for part in item.vat_lines
            ],
        }
    return {
        "kind": kind,
        "customer_id": str(customer_id(ledger, item.customer)),
        "issued_on": item.issued_on.isoformat(),
        "due_on": item.issued_on.isoformat(),
        "series": "takeover",
        "source_reference": _text(f"{item.reference} {item.key}"),
        **extra,
    }


def payment_body(ledger: str, payment: Payment, bank_accounts: dict[str, str]) -> dict[str, Any]:
    """Return a payment."""
    return {
        "customer_id": str(customer_id(ledger, payment.customer)),
        "amount": decimal_text(payment.amount_cents),
        "method": payment.method,
        "bank_account": bank_accounts[payment.bank_account],
        "received_on": payment.received_on.isoformat(),
        "payer_name": _text(payment.payer) or None,
        "reference": _text(payment.reference) or None,
        "note": _text(payment.label) or None,
    }


def refund_body(ledger: str, refund: Refund, bank_accounts: dict[str, str]) -> dict[str, Any]:
    """Return a refund."""
    return {
        "customer_id": str(customer_id(ledger, refund.customer)),
        "amount": decimal_text(refund.amount_cents),
        "method": refund.method,
        "bank_account": bank_accounts[refund.bank_account],
        "refunded_on": refund.paid_on.isoformat(),
        "payee_name": _text(refund.payee) or None,
        "reference": _text(refund.reference) or None,
    }


def taken_back_body(item: ReturnedPayment) -> dict[str, Any]:
    """Return a reversal or a return."""
    return {"reason": _text(item.label) or item.cause, "on": item.returned_on.isoformat()}


def write_off_body(ledger: str, item: Adjustment) -> dict[str, Any]:
    """Return a difference written off, or another movement named by its counterpart account."""
    return {
        "customer_id": str(customer_id(ledger, item.customer)),
        "side": "loss" if item.side == "credit" else "gain",
        "amount": decimal_text(item.amount_cents),
        "reason": _text(f"{item.reason}: {item.account_label} {item.label}"),
        "account": item.account,
        "on": item.booked_on.isoformat(),
    }


def matching_id(ledger: str, matching: Matching) -> UUID:
    """Return the id of a matching of the plan."""
    return derived_id(ledger, "takeover", "matching", *sorted(matching.item_keys))


def matching_body(ledger: str, matching: Matching, items: dict[str, Item]) -> dict[str, Any]:
    """Return a matching: its items, dated as the file dates them."""
    names = [item_name(ledger, items[key]) for key in matching.item_keys]
    return {
        "customer_id": str(customer_id(ledger, matching.customer)),
        "items": [{"kind": kind, "id": str(name)} for kind, name in names],
        "matched_on": matching.matched_on.isoformat(),
    }


def _text(text: str) -> str:
    return " ".join(text.split())[:_TEXT_MAX]
