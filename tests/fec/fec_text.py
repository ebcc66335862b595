"""Small FEC files as text, for tests: one good entry, to be bent as each test needs."""

from collections.abc import Mapping, Sequence

OFFICIAL = [
    "JournalCode",
    "JournalLib",
    "EcritureNum",
    "EcritureDate",
    "CompteNum",
    "CompteLib",
    "CompAuxNum",
    "CompAuxLib",
    "PieceRef",
    "PieceDate",
    "EcritureLib",
    "Debit",
    "Credit",
    "EcritureLet",
    "DateLet",
    "ValidDate",
    "Montantdevise",
    "Idevise",
]
SIDED = [{"Debit": "Montant", "Credit": "Sens"}.get(name, name) for name in OFFICIAL]

SALE = {
    "JournalCode": "VE",
    "JournalLib": "Ventes",
    "EcritureNum": "1",
    "EcritureDate": "20250115",
    "CompteNum": "411000",
    "CompteLib": "Clients",
    "CompAuxNum": "DUPONT",
    "CompAuxLib": "Dupont",
    "PieceRef": "FA1",
    "PieceDate": "20250115",
    "EcritureLib": "Facture 1",
    "Debit": "120,00",
    "Credit": "0,00",
    "ValidDate": "20250131",
}
INCOME = SALE | {
    "CompteNum": "707000",
    "CompteLib": "Ventes",
    "CompAuxNum": "",
    "CompAuxLib": "",
    "Debit": "0,00",
    "Credit": "120,00",
}


def fec(
    *rows: Mapping[str, str],
    names: Sequence[str] = OFFICIAL,
    separator: str = "\t",
    end: str = "\n",
) -> bytes:
    """Return a file of these rows; without any, of one sale that balances."""
    table = [dict(zip(names, names, strict=True)), *(rows or (SALE, INCOME))]
    return "".join(
        separator.join(row.get(name, "") for name in names) + end for row in table
    ).encode()
