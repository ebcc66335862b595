"""What happened in 2025 at Maison Garance that isn't every day's business.

Each episode is a sentence of the year, and a case that an import must get right.
"""

from datetime import date
from typing import TYPE_CHECKING

from samples.books import Posting, customer
from samples.company import BANK_1, BANK_2, PRODUCTS, TILL, Client

if TYPE_CHECKING:
    from samples.generate import Year


def tell_episodes(year: "Year") -> None:
    """Enter all episodes of the year."""
    by_code = {client.code: client for client in year.clients}
    _cheque_bounces(year, by_code["C0003"])
    _direct_debit_is_rejected(year, by_code["C0004"])
    _overpayment_is_kept(year, by_code["C0002"])
    _cent_is_missing(year, by_code["C0005"])
    _credit_note_cancels_an_invoice(year, by_code["C0006"])
    _credit_note_lowers_what_is_paid(year, by_code["C0007"])
    _payment_is_entered_by_error(year, by_code["C0008"], by_code["C0009"])
    _payment_comes_twice_and_is_refunded(year, by_code["C0010"])
    _credit_of_last_year_is_refunded(year, by_code["P0003"])
    _early_payment_earns_a_discount(year, by_code["C0012"])
    _debt_is_lost(year, by_code["C0013"])
    _cheques_are_handed_in_together(year, [by_code[code] for code in ("P0002", "P0007", "C0018")])


def _cheque_bounces(year: "Year", client: Client) -> None:
    """One cheque comes back unpaid; the customer then pays by transfer."""
    owed = year.invoice(client, date(2025, 3, 4), [(PRODUCTS[6], 40)])
    cheque, back = customer(client, -owed.cents), customer(client, owed.cents)
    again = customer(client, -owed.cents)
    books = year.books
    books.write(
        "BQ1",
        date(2025, 3, 14),
        f"CHQ 0004127 {client.name}",
        (Posting(BANK_1, owed.cents), cheque),
    )
    books.write(
        "BQ1",
        date(2025, 3, 24),
        f"CHQ IMPAYE 0004127 {client.name}",
        (back, Posting(BANK_1, -owed.cents)),
    )
    books.write(
        "BQ1",
        date(2025, 3, 24),
        "Frais sur chèque impayé",
        (Posting("627000", 1_500), Posting(BANK_1, -1_500)),
    )
    books.write("BQ1", date(2025, 4, 2), f"VIR {client.name}", (Posting(BANK_1, owed.cents), again))
    books.match(cheque, back)
    books.match(owed, again)


def _direct_debit_is_rejected(year: "Year", client: Client) -> None:
    """One direct debit is rejected and presented again; all four lines are matched together."""
    owed = year.invoice(client, date(2025, 5, 6), [(PRODUCTS[2], 30), (PRODUCTS[8], 24)])
    first, back, again = (customer(client, sign * owed.cents) for sign in (-1, 1, -1))
    books = year.books
    books.write(
        "BQ2", date(2025, 5, 20), f"PRLV SEPA {client.name}", (Posting(BANK_2, owed.cents), first)
    )
    books.write(
        "BQ2",
        date(2025, 5, 23),
        f"REJET PRLV AM04 {client.name}",
        (back, Posting(BANK_2, -owed.cents)),
    )
    books.write(
        "BQ2", date(2025, 6, 5), f"PRLV SEPA {client.name}", (Posting(BANK_2, owed.cents), again)
    )
    books.match(owed, first, back, again)


def _overpayment_is_kept(year: "Year", client: Client) -> None:
    """One customer pays 2.50 too much, within the tolerance; the difference is a gain."""
    owed = year.invoice(client, date(2025, 2, 11), [(PRODUCTS[5], 25)])
    paid, gain = customer(client, -owed.cents - 250), customer(client, 250)
    year.books.write(
        "BQ1", date(2025, 2, 27), f"VIR {client.name}", (Posting(BANK_1, owed.cents + 250), paid)
    )
    year.books.write("OD", date(2025, 2, 28), "Écart de règlement", (gain, Posting("758000", -250)))
    year.books.match(owed, paid, gain)


def _cent_is_missing(year: "Year", client: Client) -> None:
    """One customer pays two cents less; the difference is a loss."""
    owed = year.invoice(client, date(2025, 4, 8), [(PRODUCTS[7], 18)])
    paid, loss = customer(client, 2 - owed.cents), customer(client, -2)
    year.books.write(
        "BQ1", date(2025, 4, 29), f"VIR {client.name}", (Posting(BANK_1, owed.cents - 2), paid)
    )
    year.books.write("OD", date(2025, 4, 30), "Écart de règlement", (Posting("658000", 2), loss))
    year.books.match(owed, paid, loss)


def _credit_note_cancels_an_invoice(year: "Year", client: Client) -> None:
    """One order is called off, and its invoice cancelled whole."""
    basket = [(PRODUCTS[6], 55), (PRODUCTS[10], 55)]
    owed = year.invoice(client, date(2025, 6, 10), basket)
    year.books.match(owed, year.credit_note(client, date(2025, 6, 12), basket))


def _credit_note_lowers_what_is_paid(year: "Year", client: Client) -> None:
    """Bottles were broken: a credit note, and a payment of the rest."""
    owed = year.invoice(client, date(2025, 7, 3), [(PRODUCTS[8], 36), (PRODUCTS[0], 20)])
    less = year.credit_note(client, date(2025, 7, 9), [(PRODUCTS[8], 6)])
    rest = year.receive(client, date(2025, 7, 25), owed.cents + less.cents)
    year.books.match(owed, less, rest)


def _payment_is_entered_by_error(year: "Year", wrong: Client, right: Client) -> None:
    """One transfer is entered for the wrong customer, reversed, and entered for the right one."""
    owed = year.invoice(right, date(2025, 8, 19), [(PRODUCTS[4], 14)])
    error, undone = customer(wrong, -owed.cents), customer(wrong, owed.cents)
    paid = customer(right, -owed.cents)
    bank = owed.cents
    books = year.books
    books.write("BQ1", date(2025, 9, 2), f"VIR {wrong.name}", (Posting(BANK_1, bank), error))
    books.write(
        "BQ1", date(2025, 9, 4), f"EXTOURNE VIR {wrong.name}", (undone, Posting(BANK_1, -bank))
    )
    books.write("BQ1", date(2025, 9, 4), f"VIR {right.name}", (Posting(BANK_1, bank), paid))
    books.match(error, undone)
    books.match(owed, paid)


def _payment_comes_twice_and_is_refunded(year: "Year", client: Client) -> None:
    """One customer pays an invoice twice; the second payment is sent back."""
    owed = year.invoice(client, date(2025, 9, 9), [(PRODUCTS[11], 2), (PRODUCTS[10], 60)])
    once = year.receive(client, date(2025, 9, 23), owed.cents)
    twice = year.receive(client, date(2025, 9, 30), owed.cents)
    refund = customer(client, owed.cents)
    label = f"VIR REMBOURSEMENT TROP PERÇU {client.name}"
    year.books.write("BQ1", date(2025, 10, 3), label, (refund, Posting(BANK_1, -owed.cents)))
    year.books.match(owed, once)
    year.books.match(twice, refund)


def _credit_of_last_year_is_refunded(year: "Year", client: Client) -> None:
    """One customer in credit since last year is refunded in cash."""
    refund = customer(client, 6_150)
    year.books.write(
        "CAISSE", date(2025, 1, 22), f"REMBOURSEMENT {client.name}", (refund, Posting(TILL, -6_150))
    )
    (opening,) = (
        posting
        for entry in year.books.entries
        for posting in entry.postings
        if entry.journal == "AN" and posting.auxiliary == client.code
    )
    year.books.match(opening, refund)


def _early_payment_earns_a_discount(year: "Year", client: Client) -> None:
    """One customer pays at once, less two per cent; money and discount are one entry."""
    owed = year.invoice(client, date(2025, 10, 7), [(PRODUCTS[2], 40)])
    discount = owed.cents // 50
    paid = customer(client, -owed.cents)
    money = (Posting(BANK_1, owed.cents - discount), Posting("665000", discount, "Escompte 2 %"))
    year.books.write("BQ1", date(2025, 10, 9), f"VIR {client.name}", (*money, paid))
    year.books.match(owed, paid)


def _debt_is_lost(year: "Year", client: Client) -> None:
    """One customer is wound up: the debt is lost, and its VAT is claimed back."""
    owed = year.invoice(client, date(2025, 2, 18), [(PRODUCTS[11], 3)])
    vat = owed.cents // 6
    lost = customer(client, -owed.cents)
    loss = (Posting("654000", owed.cents - vat), Posting("445713", vat), lost)
    year.books.write("OD", date(2025, 11, 28), f"Créance irrécouvrable {client.name}", loss)
    year.books.match(owed, lost)


def _cheques_are_handed_in_together(year: "Year", clients: list[Client]) -> None:
    """Three cheques go to the bank on one slip: one line of the bank, three customers."""
    owed = [
        year.invoice(client, date(2025, 11, 4), [(PRODUCTS[4], 3 + place)])
        for place, client in enumerate(clients)
    ]
    paid = [customer(client, -posting.cents) for client, posting in zip(clients, owed, strict=True)]
    bank = Posting(BANK_1, sum(posting.cents for posting in owed))
    year.books.write("BQ1", date(2025, 11, 14), "REMISE CHEQUES 25-0114", (bank, *paid))
    for one, other in zip(owed, paid, strict=True):
        year.books.match(one, other)
