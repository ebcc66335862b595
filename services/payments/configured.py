"""What a ledger's settings for money do to rows: the setting as it is, and its history."""

from msgspec.structs import replace

from services.payments.domain.presentation import PRESENTATION, Presentation
from services.payments.domain.settings import (
    POLICY,
    BankAccount,
    PaymentMethod,
    PaymentPolicy,
    SettingChange,
)
from services.payments.on_statements import PROJECTION
from shared.decider import Picture, one, those
from shared.events.papers import PresentationConfigured
from shared.events.payments import (
    BankAccountConfigured,
    PaymentMethodConfigured,
    PaymentPolicyConfigured,
)
from shared.seal import Entry

__all__ = ["PROJECTION"]


@PROJECTION.on(
    PaymentMethodConfigured,
    lambda fact: [one(PaymentMethod, fact.code), those(PaymentMethod, "default", value=True)],
)
def keep_method(picture: Picture, entry: Entry, fact: PaymentMethodConfigured) -> None:
    """Keep the method; a new default takes the place of the old one."""
    if fact.default:
        for other in picture.where(PaymentMethod, "default", value=True):
            picture.put(replace(other, default=False))
    picture.put(PaymentMethod(ledger=entry.ledger, **fact.model_dump()))
    _remember_change(picture, entry)


@PROJECTION.on(
    BankAccountConfigured,
    lambda fact: [one(BankAccount, fact.code), those(BankAccount, "default", value=True)],
)
def keep_bank_account(picture: Picture, entry: Entry, fact: BankAccountConfigured) -> None:
    """Keep the bank account; a new default takes the place of the old one."""
    if fact.default:
        for other in picture.where(BankAccount, "default", value=True):
            picture.put(replace(other, default=False))
    picture.put(BankAccount(ledger=entry.ledger, **fact.model_dump()))
    _remember_change(picture, entry)


def _remember_change(picture: Picture, entry: Entry) -> None:
    """Keep what was said of a setting, by whom and when: a name is not lost by its successor."""
    subject = entry.fact.stream()
    picture.put(
        SettingChange(
            ledger=entry.ledger,
            change=f"{subject}/{entry.position}",
            subject=subject,
            position=entry.position,
            changed_at=entry.recorded_at,
            changed_by=entry.context.actor,
            said=(entry.fact.plain(),),
        )
    )


@PROJECTION.on(PaymentPolicyConfigured, lambda _fact: [one(PaymentPolicy, POLICY)])
def keep_policy(picture: Picture, entry: Entry, fact: PaymentPolicyConfigured) -> None:
    """Keep the policy."""
    picture.put(
        PaymentPolicy(
            ledger=entry.ledger,
            name=POLICY,
            tolerance_cents=fact.tolerance.cents,
            tolerance_currency=fact.tolerance.currency,
            receipt_template=fact.receipt_template,
            refund_template=fact.refund_template,
            customer_banks=fact.customer_banks,
            over_payable=fact.over_payable,
            prepayment_method_default=fact.prepayment_method_default,
            locked_until=fact.locked_until,
            write_off_account=fact.write_off_account,
            write_off_reason=fact.write_off_reason,
            discount_account=fact.discount_account,
            bank_fee_account=fact.bank_fee_account,
            vat_account=fact.vat_account,
            gain_account=fact.gain_account,
        )
    )


@PROJECTION.on(PresentationConfigured, lambda _fact: [one(Presentation, PRESENTATION)])
def keep_presentation(picture: Picture, entry: Entry, fact: PresentationConfigured) -> None:
    """Keep who issues papers, and where help is."""
    picture.put(
        Presentation(
            ledger=entry.ledger,
            name=PRESENTATION,
            issuer=fact.issuer,
            help_links=tuple(link.model_dump() for link in fact.help_links),
        )
    )
