"""A ledger's settings for money over HTTP: methods, bank accounts, policy (S2-35)."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from services.payments import queries
from services.payments.domain.configuring import ConfigurePolicy
from services.payments.domain.settings import PeriodIsLocked
from services.payments.settings_schemas import (
    BankAccountIn,
    BankAccountOut,
    MethodIn,
    MethodOut,
    PolicyIn,
    PresentationIn,
    PresentationOut,
    SettingChangeOut,
)
from shared.auth import Actor, Ledger, actor_with, needs_right
from shared.errors import Malformed
from shared.fields import Code
from shared.money import Money
from shared.numbering import Template, TemplateError
from shared.problems import problems
from shared.web import JournalOf, context_of

router = APIRouter(prefix="/v1/ledgers/{ledger}", tags=["settings"], responses=problems())

Configurer = Annotated[Actor, Depends(actor_with("payment-settings:configure"))]
READ = [needs_right("payments:read")]


@router.put("/payment-methods/{code}", summary="Configure a payment method")
async def configure_method(
    request: Request,
    ledger: Ledger,
    code: Code,
    body: MethodIn,
    actor: Configurer,
    journal: JournalOf,
) -> MethodOut:
    """Add, rename, activate or deactivate a method; history keeps the old name."""
    await journal.execute(ledger, body.command(code), context_of(request, actor))
    return MethodOut(code=code, **body.model_dump())


@router.get("/payment-methods", summary="List payment methods", dependencies=READ)
async def list_methods(ledger: Ledger, journal: JournalOf) -> list[MethodOut]:
    """List the ledger's methods, active or not."""
    found = await queries.payment_methods(journal.engine, ledger)
    return [MethodOut.model_validate(method) for method in found]


@router.get("/payment-methods/{code}/history", summary="Show a method's history", dependencies=READ)
async def show_method_history(
    ledger: Ledger, code: Code, journal: JournalOf
) -> list[SettingChangeOut]:
    """Show all that was ever said of a method, latest first: names it had, and who gave them."""
    rows = await queries.setting_changes(journal.engine, ledger, f"payment-method/{code}")
    return [_change_out(row) for row in rows]


def _change_out(row: Any) -> SettingChangeOut:
    (said,) = row.said
    return SettingChangeOut(
        position=row.position, changed_at=row.changed_at, changed_by=row.changed_by, said=said
    )


@router.get(
    "/bank-accounts/{code}/history", summary="Show a bank account's history", dependencies=READ
)
async def show_bank_account_history(
    ledger: Ledger, code: Code, journal: JournalOf
) -> list[SettingChangeOut]:
    """Show all that was ever said of a bank account, latest first."""
    rows = await queries.setting_changes(journal.engine, ledger, f"bank-account/{code}")
    return [_change_out(row) for row in rows]


@router.put("/bank-accounts/{code}", summary="Configure one of our bank accounts")
async def configure_bank_account(
    request: Request,
    ledger: Ledger,
    code: Code,
    body: BankAccountIn,
    actor: Configurer,
    journal: JournalOf,
) -> BankAccountOut:
    """Add, rename, activate or deactivate a bank account or till."""
    await journal.execute(ledger, body.command(code), context_of(request, actor))
    return BankAccountOut(code=code, **body.model_dump())


@router.get("/bank-accounts", summary="List our bank accounts", dependencies=READ)
async def list_bank_accounts(ledger: Ledger, journal: JournalOf) -> list[BankAccountOut]:
    """List the ledger's bank accounts, active or not."""
    found = await queries.our_bank_accounts(journal.engine, ledger)
    return [BankAccountOut.model_validate(account) for account in found]


@router.put(
    "/payment-policy",
    summary="Set tolerance, receipt numbers and what is locked",
    responses=problems(PeriodIsLocked),
)
async def configure_policy(
    request: Request, ledger: Ledger, body: PolicyIn, actor: Configurer, journal: JournalOf
) -> PolicyIn:
    """Set how much over the payable amount is tolerated, and how receipts are numbered."""
    try:
        tolerance = Money.parse(body.tolerance, body.currency)
        Template.parse(body.receipt_template)
        Template.parse(body.refund_template)
    except (TemplateError, ValueError) as error:
        raise Malformed(expected=str(error)) from None
    command = ConfigurePolicy(
        tolerance=tolerance,
        receipt_template=body.receipt_template,
        refund_template=body.refund_template,
        customer_banks=tuple(body.customer_banks),
        over_payable=body.over_payable,
        prepayment_method_default=body.prepayment_method_default,
        locked_until=body.locked_until,
        write_off_account=body.write_off_account,
        write_off_reason=body.write_off_reason,
        discount_account=body.discount_account,
        bank_fee_account=body.bank_fee_account,
        vat_account=body.vat_account,
        gain_account=body.gain_account,
    )
    await journal.execute(ledger, command, context_of(request, actor))
    return body


@router.put("/presentation", summary="Set the issuer on papers and the help links")
async def configure_presentation(
    request: Request, ledger: Ledger, body: PresentationIn, actor: Configurer, journal: JournalOf
) -> PresentationOut:
    """Set who issues receipts and deposit slips, and where the help of each screen is."""
    await journal.execute(ledger, body.command(), context_of(request, actor))
    return PresentationOut.model_validate(body)


@router.get(
    "/presentation", summary="Show the issuer on papers and the help links", dependencies=READ
)
async def show_presentation(ledger: Ledger, journal: JournalOf) -> PresentationOut:
    """Show who issues papers (the ledger's name, if nobody was named), and the help links."""
    return PresentationOut.model_validate(await queries.presentation(journal.engine, ledger))
