"""What the API of payments' settings takes and gives."""

from pydantic import Field

from services.payments.domain.configuring import ConfigureBankAccount, ConfigureMethod
from shared.fields import AmountText, Currency, ShortText
from shared.web import Body, Out


class MethodIn(Body):
    """A payment method: its French label and its UNTDID 4461 code."""

    label: ShortText = Field(examples=["Chèque"])
    untdid_4461: str = Field(pattern=r"^[0-9A-Z]{1,3}$", examples=["20"])
    active: bool = True
    default: bool = False

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
    """

    tolerance: AmountText = "5.00"
    currency: Currency = "EUR"
    receipt_template: ShortText = "RC{yy}{mm}-{n:4}"
    refund_template: ShortText = "RB{yy}{mm}-{n:4}"
    customer_banks: list[ShortText] = Field(default=[], max_length=1_000)
