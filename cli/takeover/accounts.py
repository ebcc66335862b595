"""What an account number says, by the French chart of accounts (plan comptable général).

Only the leading digits are looked at; what follows is each company's own. Source: PCG, art.
932-1 (list of accounts).
"""

from cli.takeover.items import Reason

CUSTOMER = "411"
_TREASURY = ("51", "53", "54", "58")
_VAT = ("4457", "4458")
_OPENING = ("89",)
_SALES = ("70", "71", "72", "74", "751", "752", "753", "754", "755", "756", "757", "775", "791")
_DIFFERENCES = ("65", "66", "67", "75", "76", "77")
_NEVER_GIVEN_UP = ("651", "652", "653", "661")
_BANK_FEES = ("627", "622", "4456")
_REASONS: tuple[tuple[str, Reason], ...] = (
    ("654", "bad-debt"),
    ("6714", "bad-debt"),
    ("665", "discount"),
    *((prefix, "other") for prefix in _NEVER_GIVEN_UP),
    ("65", "difference"),
    ("66", "difference"),
    ("67", "difference"),
    ("75", "difference"),
    ("76", "difference"),
    ("77", "difference"),
    ("411", "transfer"),
    ("416", "doubtful"),
    ("413", "bill"),
    ("419", "advance"),
    ("40", "supplier"),
    ("445", "vat"),
    ("46", "suspense"),
    ("47", "suspense"),
)


def is_customer(account: str) -> bool:
    """Tell whether the account is an ordinary customer's: 413, 416 and 419 are counterparts."""
    return account.startswith(CUSTOMER)


def is_treasury(account: str) -> bool:
    """Tell whether the account holds money: banks, cash, cheques and cards in transit."""
    return account.startswith(_TREASURY)


def is_vat(account: str) -> bool:
    """Tell whether the account is VAT on sales, due now (4457) or on payment (4458)."""
    return account.startswith(_VAT)


def is_sale(account: str) -> bool:
    """Tell whether the account is an income that is invoiced: sales, subsidies, rents, assets."""
    return account.startswith(_SALES)


def is_difference(account: str) -> bool:
    """Tell whether the account takes what is given up or gained on a debt.

    Licence fees, directors' fees and loan interest (651 to 653, 661) are in the same classes
    and have nothing to do with a customer's debt.
    """
    return (
        account.startswith(_DIFFERENCES)
        and not is_sale(account)
        and not account.startswith(_NEVER_GIVEN_UP)
    )


def is_income(account: str) -> bool:
    """Tell whether the account is an income of any kind."""
    return account.startswith("7")


def is_bank_fee(account: str) -> bool:
    """Tell whether the account takes what the bank keeps, VAT on it included."""
    return account.startswith(_BANK_FEES)


def is_result(account: str) -> bool:
    """Tell whether the account belongs to the income statement, so never to an opening entry."""
    return account.startswith(("6", "7"))


def is_capital(account: str) -> bool:
    """Tell whether the account is capital, reserves, result or loans (class 1)."""
    return account.startswith("1")


def is_opening(account: str) -> bool:
    """Tell whether the account exists only to open the books (890, bilan d'ouverture)."""
    return account.startswith(_OPENING)


def reason_of(account: str) -> Reason:
    """Say what a counterpart of a customer account stands for.

    >>> reason_of("65800000"), reason_of("654"), reason_of("4671")
    ('difference', 'bad-debt', 'suspense')
    """
    return next((reason for prefix, reason in _REASONS if account.startswith(prefix)), "other")
