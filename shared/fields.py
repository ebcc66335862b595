"""Boundary types: strict one by one, each saying in the API what it takes."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("a text holds no NUL character")  # no database keeps one
    return text


AmountText = Annotated[
    str,
    StringConstraints(pattern=r"^(0|[1-9][0-9]{0,11})(\.[0-9]{1,3})?$"),
    Field(description="Decimal amount, dot, no exponent", examples=["1170.00"]),
]
SignedAmountText = Annotated[
    str,
    StringConstraints(pattern=r"^-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,3})?$"),
    Field(description="Decimal amount, dot, may be negative", examples=["-12.50"]),
]
Currency = Annotated[
    str, StringConstraints(pattern=r"^[A-Z]{3}$"), Field(description="ISO 4217", examples=["EUR"])
]
Code = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"),
    Field(examples=["transfer"]),
]
ShortText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, strip_whitespace=True),
    AfterValidator(_without_nul),
]
LongText = Annotated[
    str, StringConstraints(min_length=1, max_length=2_000), AfterValidator(_without_nul)
]
Sha256 = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{64}$"), Field(description="SHA-256, hexadecimal")
]
Percent = Annotated[
    str,
    StringConstraints(pattern=r"^([1-9][0-9]?(\.[0-9]{1,2})?|0\.([1-9][0-9]?|0[1-9]))$"),
    Field(description="Percent, more than zero, dot", examples=["2.00"]),
]
VatRate = Annotated[
    str,
    StringConstraints(pattern=r"^(0|[1-9][0-9]?)(\.[0-9]{1,2})?$"),
    Field(description="Percent, shortest form", examples=["20", "5.5"]),
]
