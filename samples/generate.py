"""Write the year 2025 of Maison Garance as a FEC: `python -m samples.generate`.

The same file every time: chance comes from one seed, and only through `random.random`, whose
sequence Python promises to keep. The year holds what real ones do: partial payments, payments
for several invoices, cheques that bounce, an overpayment, credit notes, a payment entered by
error, refunds, a lost debt, and all the entries that have nothing to do with customers.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from random import Random
from typing import TypeVar

from samples.books import SUPPLIERS, Books, Posting, customer
from samples.company import BANK_1, BANK_2, PRODUCTS, TILL, Client, Product, clients
from samples.company import SUPPLIERS as SUPPLIER_LIST
from samples.episodes import tell_episodes
from shared.fec import write

PATH = Path(__file__).with_name("acquit-demo-2025.fec.txt")
SEED = 2025
INVOICES = 520
FIRST, LAST = date(2025, 1, 1), date(2025, 12, 31)
PURCHASES_PER_MONTH = 7
SATURDAY = 5
TILL_FLOAT_CENTS = 20_000
BANKS = {
    "VIR": ("BQ1", BANK_1, "VIR"),
    "CHQ": ("BQ1", BANK_1, "CHQ"),
    "PRLV": ("BQ2", BANK_2, "PRLV SEPA"),
    "CB": ("BQ2", BANK_2, "CB"),
    "ESP": ("CAISSE", TILL, "ESPÈCES"),
}
Choice = TypeVar("Choice")
Basket = Sequence[tuple[Product, int]]
CASH_CENTS_MAX = 100_000
"""A professional may not be paid more in cash (CMF art. D112-3)."""


class Year:
    """The year as it is made up: books, chance, and what each customer owes."""

    def __init__(self) -> None:
        """Start the year with the seed."""
        self.books = Books()
        self.chance = Random(SEED)  # noqa: S311 - a made-up company, not a secret
        self.clients = clients()
        self.owed: dict[str, list[Posting]] = defaultdict(list)

    def below(self, limit: int) -> int:
        """Return a whole number from zero up to but not including the limit."""
        return int(self.chance.random() * limit)

    def pick(self, choices: Sequence[Choice]) -> Choice:
        """Return one of the choices."""
        return choices[self.below(len(choices))]

    def invoice(self, client: Client, on: date, basket: Basket) -> Posting:
        """Enter an invoice; return the customer's line."""
        return self._sell(client, on, basket, sign=1)

    def credit_note(self, client: Client, on: date, basket: Basket) -> Posting:
        """Enter a credit note; return the customer's line."""
        return self._sell(client, on, basket, sign=-1)

    def _sell(self, client: Client, on: date, basket: Basket, *, sign: int) -> Posting:
        """Enter a sale: nets line by line, VAT per rate on the sum of its nets (EN 16931)."""
        nets = [
            Posting(product.account, -sign * product.price_cents * quantity, product.label)
            for product, quantity in basket
        ]
        bases: dict[tuple[str, Decimal], int] = defaultdict(int)
        for (product, _), net in zip(basket, nets, strict=True):
            bases[product.vat_account, product.rate] += net.cents
        vats = [
            Posting(account, int((base * rate / 100).quantize(Decimal(1), ROUND_HALF_UP)))
            for (account, rate), base in bases.items()
        ]
        own = customer(client, -sum(posting.cents for posting in (*nets, *vats)))
        series, label = ("FA", "Facture {voucher}") if sign > 0 else ("AV", "Avoir {voucher}")
        self.books.write("VE", on, label, (own, *nets, *vats), series)
        return own

    def receive(self, client: Client, on: date, cents: int) -> Posting:
        """Enter a payment by the customer's usual method; return the customer's line."""
        in_cash = client.method == "ESP" and cents <= CASH_CENTS_MAX
        method = "CHQ" if client.method == "ESP" and not in_cash else client.method
        journal, account, words = BANKS[method]
        own = customer(client, -cents)
        fee = cents // 100 if client.method == "CB" else 0
        self.books.write(
            journal,
            on,
            f"{words} {client.name}",
            (Posting(account, cents - fee), Posting("627000", fee, "Commission CB"), own),
        )
        return own

    def basket(self, client: Client) -> list[tuple[Product, int]]:
        """Fill a basket: companies buy more than persons."""
        scale = 1 if client.code.startswith("P") else 2
        products = list(PRODUCTS)
        return [
            (product, 1 + self.below(product.quantity_max * scale // 2))
            for product in (
                products.pop(self.below(len(products))) for _ in range(1 + self.below(3))
            )
        ]


def main() -> None:
    """Write the file beside this module."""
    PATH.write_bytes(generate())


def generate() -> bytes:
    """Return the year as the bytes of a FEC."""
    year = Year()
    _open(year)
    _trade(year)
    tell_episodes(year)
    _buy(year)
    _close_months(year)
    return write(year.books.lines())


def _open(year: Year) -> None:
    """Bring balances forward: money, capital, invoices of 2024 still open, a credit."""
    owed = [
        customer(client, 48_000 + 13_370 * place) for place, client in enumerate(year.clients[:8])
    ]
    credit = customer(year.clients[44], -6_150)
    money = (Posting(BANK_1, 1_845_210), Posting(BANK_2, 412_955), Posting(TILL, 20_000))
    total = sum(posting.cents for posting in (*owed, credit, *money))
    capital = Posting("101000", -1_000_000)
    forward = Posting("110000", 1_000_000 - total)
    year.books.write("AN", FIRST, "À nouveau 2024", (capital, forward, *owed, credit, *money))
    for place, (client, posting) in enumerate(zip(year.clients, owed, strict=False)):
        if place < 7:  # noqa: PLR2004 - the eighth still owes
            paid = year.receive(client, date(2025, 1, 9 + 2 * place), posting.cents)
            year.books.match(posting, paid)


def _trade(year: Year) -> None:
    """Sell all year round, and receive what is paid before the year ends."""
    days = (LAST - FIRST).days
    for place in range(INVOICES):
        on = FIRST + timedelta(days=1 + (place * (days - 1)) // INVOICES)
        client = year.pick(year.clients)
        posting = year.invoice(client, on, year.basket(client))
        if client.monthly:
            year.owed[client.code].append(posting)
        else:
            _settle(year, client, posting)
    for client in year.clients:
        _pay_months(year, client)


def _settle(year: Year, client: Client, posting: Posting) -> None:
    """Pay an invoice when the customer usually does: at once, in parts, or not at all."""
    fate = year.below(100)
    if fate < 4:  # noqa: PLR2004 - four in a hundred are never paid
        return
    due = posting.on + timedelta(days=client.delay_days + year.below(6))
    parts = 1 if fate < 93 else 2 + fate % 2  # noqa: PLR2004 - seven in a hundred pay in parts
    paid = []
    for part in range(parts):
        on = working_day(due + timedelta(days=30 * part))
        cents = (
            posting.cents // parts
            if part
            else posting.cents - (parts - 1) * (posting.cents // parts)
        )
        if on <= LAST:
            paid.append(year.receive(client, on, cents))
    if len(paid) == parts:
        year.books.match(posting, *paid)


def _pay_months(year: Year, client: Client) -> None:
    """Pay all invoices of a month with one payment, in the middle of the next."""
    months: dict[int, list[Posting]] = defaultdict(list)
    for posting in year.owed[client.code]:
        months[posting.on.month].append(posting)
    for month, postings in months.items():
        if month < LAST.month:
            total = sum(posting.cents for posting in postings)
            paid = year.receive(client, date(2025, month + 1, 15), total)
            year.books.match(*postings, paid)


def _buy(year: Year) -> None:
    """Buy from suppliers and pay them: entries that don't concern customers."""
    for month in range(1, 13):
        for place in range(PURCHASES_PER_MONTH):
            code, name, account = SUPPLIER_LIST[place % len(SUPPLIER_LIST)]
            net = 9_000 + year.below(60_000)
            vat = net // 5
            on = date(2025, month, 2 + 3 * place)
            supplier = Posting(SUPPLIERS, -net - vat, auxiliary=code, auxiliary_label=name)
            label = f"Achat {name}"
            purchase = (Posting(account, net), Posting("445660", vat), supplier)
            year.books.write("AC", on, label, purchase)
            paid = Posting(SUPPLIERS, net + vat, auxiliary=code, auxiliary_label=name)
            year.books.write(
                "BQ1", on + timedelta(days=6), f"VIR {name}", (paid, Posting(BANK_1, -net - vat))
            )


def working_day(on: date) -> date:
    """Return the day, or the Monday after it when it falls on a weekend."""
    return on + timedelta(days=max(0, 7 - on.weekday()) if on.weekday() >= SATURDAY else 0)


def _close_months(year: Year) -> None:
    """Pay wages, and bring cash to the bank, at the end of each month."""
    for month in range(1, 13):
        on = date(2025, month, 27)
        wages = (
            Posting("641000", 642_000),
            Posting("645000", 251_000),
            Posting("421000", -498_000),
            Posting("431000", -395_000),
        )
        year.books.write("OD", on, f"Paie {month:02d}/2025", wages)
        paid = (Posting("421000", 498_000), Posting(BANK_1, -498_000))
        year.books.write("BQ1", on + timedelta(days=1), "VIR salaires", paid)
        social = (Posting("431000", 395_000), Posting(BANK_1, -395_000))
        year.books.write("BQ1", on + timedelta(days=1), "PRLV cotisations sociales", social)
        fees = (Posting("627000", 2_450), Posting(BANK_2, -2_450))
        year.books.write("BQ2", on, "Frais de tenue de compte", fees)
        in_till = sum(
            posting.cents
            for entry in year.books.entries
            for posting in entry.postings
            if posting.account == TILL and entry.on <= on
        )
        cash = (
            Posting(BANK_1, in_till - TILL_FLOAT_CENTS),
            Posting(TILL, TILL_FLOAT_CENTS - in_till),
        )
        year.books.write("CAISSE", on, "Remise d'espèces en banque", cash)


if __name__ == "__main__":
    main()
