"""What the API of payments' settings takes and gives."""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from services.payments.domain.configuring import ConfigureBankAccount, ConfigureMethod
from services.payments.domain.presentation import ConfigurePresentation
from shared.dates import IsoDate
from shared.fields import AmountText, Code, Currency, ShortText
from shared.web import Body, Out


class MethodIn(Body):
    """A payment method: its French label, its UNTDID 4461 code, and what may be done with it."""

    label: ShortText = Field(examples=["Chèque"])
    untdid_4461: str = Field(pattern=r"^[0-9A-Z]{1,3}$", examples=["20"])
    active: bool = True
    default: bool = False
    needs_number: bool = Field(
        default=False, description="Asks for the number of the cheque, transfer or debit"
    )
    depositable: bool = Field(default=True, description="May be put in a bank deposit")
    digital: bool = Field(
        default=False, description="Only its source may undo what was paid with it"
    )

    def command(self, code: str) -> ConfigureMethod:
        """Return the command it asks for."""
        return ConfigureMethod(code=code, **self.model_dump())


class MethodOut(Out):
    """A payment method."""

    code: str
    label: str
    untdid_4461: str
    active: bool
    default: bool
    needs_number: bool
    depositable: bool
    digital: bool


class SettingChangeOut(Out):
    """What somebody said of a method or bank account, and when."""

    position: int
    changed_at: datetime
    changed_by: str
    said: dict[str, Any]


class BankAccountIn(Body):
    """One of our bank accounts or tills."""

    label: ShortText = Field(examples=["CIC"])
    account: str = Field(pattern=r"^5\d{2}[0-9A-Za-z]{0,12}$", examples=["51210000"])
    journal_code: str = Field(pattern=r"^\S(.{0,18}\S)?$", examples=["BQ1"])
    iban: str | None = Field(default=None, pattern=r"^[A-Z]{2}\d{2}[A-Z0-9]{10,30}$")
    active: bool = True
    default: bool = False

    def command(self, code: str) -> ConfigureBankAccount:
        """Return the command it asks for."""
        return ConfigureBankAccount(code=code, **self.model_dump())


class BankAccountOut(Out):
    """One of our bank accounts or tills."""

    code: str
    label: str
    account: str
    journal_code: str
    iban: str | None
    active: bool
    default: bool


class PolicyIn(Body):
    """How much over the payable amount is tolerated, how receipts are numbered, which banks.

    A customer's bank is chosen from `customer_banks`; any name will do where it is empty.
    `over_payable` says what becomes of more than the tolerance: it is refused, kept as credit
    once that is confirmed, or kept. A prepayment names its method, unless
    `prepayment_method_default` lets it have the ledger's default.
    """

    tolerance: AmountText = "5.00"
    currency: Currency = "EUR"
    receipt_template: ShortText = "RC{yy}{mm}-{n:4}"
    refund_template: ShortText = "RB{yy}{mm}-{n:4}"
    customer_banks: list[ShortText] = Field(default=[], max_length=1_000)
    over_payable: Literal["refuse", "confirm", "keep"] = "confirm"
    prepayment_method_default: bool = False
    locked_until: IsoDate | None = Field(
        default=None, description="Last day of what is locked; default: as it is, never earlier"
    )
    write_off_account: ShortText | None = Field(
        default=None, description="Books what closing short gives up", examples=["658"]
    )
    write_off_reason: ShortText = "Écart de règlement"
    discount_account: ShortText | None = Field(
        default=None,
        description="Books discounts accepted with an allocation; default: 665",
        examples=["665"],
    )
    bank_fee_account: ShortText | None = Field(
        default=None,
        description="Books bank fees accepted with an allocation; default: 627",
        examples=["627"],
    )
    vat_account: ShortText | None = Field(
        default=None,
        description="Takes back the VAT of discounts; default: 44571",
        examples=["44571"],
    )
    gain_account: ShortText | None = Field(
        default=None, description="Books gains declared alone; default: 758", examples=["758"]
    )


class HelpLinkIn(Body):
    """Where a screen leads whoever asks for help there; the client names its screens."""

    screen: Code = Field(examples=["payment"])
    url: str = Field(
        pattern=r"^https?://[!-~]+$", max_length=2_000, examples=["https://aide.example/reglement"]
    )


class PresentationIn(Body):
    """What people see: who issues receipts and slips, line by line, and each screen's help."""

    issuer: tuple[ShortText, ...] = Field(
        min_length=1, max_length=10, examples=[["Durand SARL", "1 rue de la Paix", "75002 Paris"]]
    )
    help_links: tuple[HelpLinkIn, ...] = Field(default=(), max_length=200)

    @model_validator(mode="after")
    def _one_link_per_screen(self) -> Self:
        screens = [link.screen for link in self.help_links]
        if len(screens) != len(set(screens)):
            raise ValueError("a screen is named once in help_links")
        return self

    def command(self) -> ConfigurePresentation:
        """Return the command it asks for."""
        links = tuple((link.screen, link.url) for link in self.help_links)
        return ConfigurePresentation(issuer=self.issuer, help_links=links)


class HelpLinkOut(Out):
    """Where a screen leads whoever asks for help there."""

    screen: str
    url: str


class PresentationOut(Out):
    """What people see: who issues receipts and slips, and each screen's help."""

    issuer: list[str]
    help_links: list[HelpLinkOut]
