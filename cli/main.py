"""The `acquit` command."""

import typer

from cli import books, closings, demo, proofs, stack, tamper
from cli.takeover import command as takeover

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Acquit records what customers pay, decides what it settles, proves nothing was altered.",
)
imports = typer.Typer(no_args_is_help=True, help="Bring books in.")
exports = typer.Typer(no_args_is_help=True, help="Hand books to accounting.")

for command in (stack.up, stack.down, stack.status, stack.token, stack.rebuild, demo.demo):
    app.command()(command)
app.command()(proofs.verify)
app.command()(closings.close)
app.command()(tamper.tamper)
imports.command("fec")(takeover.import_fec)
exports.command("fec")(books.export_fec)
app.add_typer(imports, name="import")
app.add_typer(exports, name="export")
app.add_typer(books.payment, name="payment")
app.add_typer(books.invoice, name="invoice")

if __name__ == "__main__":
    app()
