"""The *Fichier des Écritures Comptables* (FEC): read it, check it, write it.

A FEC is the flat file every French company hands to the tax office: one line per debit or
credit, 18 columns, grouped in balanced entries. `read` turns bytes into a `Fec` or refuses the
file as a whole, naming every bad line; `check` says what a careful auditor would still remark;
`write` makes the bytes again. The invariant: `read(write(lines)).lines == lines`.

Nothing here opens a connection, knows a customer or decides what an entry means.

Source of the rules: LPF art. A47 A-1, BOI-CF-IOR-60-40-20, and the notice of the tax office's
own Test-Compta-Demat (`doc/Notice Test Compta Demat_maj 2021.pdf`, pages 12 to 18).
"""

from shared.fec.checks import check
from shared.fec.columns import OFFICIAL
from shared.fec.model import (
    Entry,
    Fec,
    FecError,
    Finding,
    Line,
    MalformedFec,
    Treasury,
)
from shared.fec.reader import read
from shared.fec.values import amount_text, date_text
from shared.fec.writer import Dialect, chunks, cleaned, file_name, write

__all__ = [
    "OFFICIAL",
    "Dialect",
    "Entry",
    "Fec",
    "FecError",
    "Finding",
    "Line",
    "MalformedFec",
    "Treasury",
    "amount_text",
    "check",
    "chunks",
    "cleaned",
    "date_text",
    "file_name",
    "read",
    "write",
]
