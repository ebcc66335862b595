"""Boundary types: strict one by one, each saying in the API what it takes."""

from typing import Annotated

from pydantic import Field, StringConstraints

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
ShortText = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
Sha256 = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{64}$"), Field(description="SHA-256, hexadecimal")
]
VatRate = Annotated[
    str,
    StringConstraints(pattern=r"^(0|[1-9][0-9]?)(\.[0-9]{1,2})?$"),
    Field(description="Percent, shortest form", examples=["20", "5.5"]),
]
