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
from shared.fec.writer import Dialect, chunks, file_name, write

__all__ = [
    "Dialect",
    "Entry",
    "Fec",
    "FecError",
    "Finding",
    "Line",
    "MalformedFec",
    "Treasury",
    "check",
    "chunks",
    "file_name",
    "read",
    "write",
]
