"""Maison Garance, caterer and delicatessen: a company that doesn't exist.

Its customers, its suppliers, its catalogue and its chart of accounts. Any likeness to a real
company or person is chance.
"""

from dataclasses import dataclass
from decimal import Decimal

JOURNALS = {
    "AN": "À nouveaux",
    "VE": "Ventes",
    "AC": "Achats",
    "BQ1": "Banque du Midi",
    "BQ2": "Crédit Garrigue",
    "CAISSE": "Caisse",
    "OD": "Opérations diverses",
}
BANK_1, BANK_2, TILL = "512100", "512200", "530000"
ACCOUNTS = {
    "101000": "Capital social",
    "110000": "Report à nouveau",
    "401000": "Fournisseurs",
    "411000": "Clients",
    "421000": "Personnel, rémunérations dues",
    "431000": "Sécurité sociale",
    "445660": "TVA déductible sur biens et services",
    "445711": "TVA collectée 5,5 %",
    "445712": "TVA collectée 10 %",
    "445713": "TVA collectée 20 %",
    BANK_1: "Banque du Midi",
    BANK_2: "Crédit Garrigue",
    TILL: "Caisse",
    "580000": "Virements internes",
    "601000": "Achats de matières premières",
    "606300": "Petit équipement",
    "613200": "Locations immobilières",
    "626000": "Télécommunications",
    "627000": "Services bancaires",
    "641000": "Rémunérations du personnel",
    "645000": "Charges de sécurité sociale",
    "654000": "Pertes sur créances irrécouvrables",
    "658000": "Écarts de règlement, pertes",
    "665000": "Escomptes accordés",
    "701100": "Ventes épicerie fine 5,5 %",
    "706100": "Prestations traiteur 10 %",
    "707100": "Ventes vins et spiritueux 20 %",
    "708300": "Locations de matériel 20 %",
    "758000": "Écarts de règlement, gains",
}


@dataclass(frozen=True, slots=True)
class Product:
    """Something the company sells."""

    label: str
    account: str
    vat_account: str
    rate: Decimal
    price_cents: int
    quantity_max: int


_FOOD, _CATERING, _WINE, _RENTAL = (
    ("701100", "445711", Decimal("5.5")),
    ("706100", "445712", Decimal(10)),
    ("707100", "445713", Decimal(20)),
    ("708300", "445713", Decimal(20)),
)
PRODUCTS = tuple(
    Product(label, *terms, price_cents, quantity_max)
    for label, terms, price_cents, quantity_max in (
        ("Tapenade noire 90 g", _FOOD, 489, 48),
        ("Confit d'olives au citron", _FOOD, 562, 36),
        ("Huile d'olive AOP 50 cl", _FOOD, 1374, 24),
        ("Miel de lavande 250 g", _FOOD, 831, 24),
        ("Coffret gourmand", _FOOD, 3459, 12),
        ("Buffet froid, par personne", _CATERING, 2145, 60),
        ("Cocktail dînatoire, par personne", _CATERING, 3290, 80),
        ("Plateau-repas", _CATERING, 1655, 30),
        ("Costières de Nîmes 2022", _WINE, 792, 36),
        ("Uzège blanc 2023", _WINE, 1045, 24),
        ("Vaisselle et nappage", _RENTAL, 315, 80),
        ("Tonnelle 4 x 4 m", _RENTAL, 12000, 3),
    )
)
COMPANIES = (
    "SARL LES JARDINS D'AUBAIS", "HÔTEL DU PONT DE PIERRE", "SAS CABINET VERNET",
    "DOMAINE DE LA FARGETTE", "MAIRIE DE SAINT-ALBAN", "ASSOCIATION LES AMIS DU MOULIN",
    "EURL CAVE SAINT-VINCENT", "SCI DES TROIS TILLEULS", "GARAGE MALAFOSSE", "SAS NUMÉRIA",
    "ÉPICERIE DU MARCHÉ", "CAMPING LES CIGALES", "SARL MENUISERIE ROUMÉGAS", "LYCÉE JEAN-GIONO",
    "CLINIQUE DES OLIVIERS", "NOTAIRES ASSOCIÉS DU GARD", "SAS TRANSPORTS BOISSET",
    "COMITÉ DES FÊTES DE BLAUZAC", "OFFICE DE TOURISME UZÈGE", "SA IMPRIMERIE DES ARÈNES",
    "GAEC DES GRANDS PRÉS", "PHARMACIE DE L'HORLOGE", "LIBRAIRIE LE TEMPS LONG",
    "SARL ATELIER CARMIN", "CHÂTEAU DE VALSONNE", "GÎTES DE LA ROUVIÈRE", "SAS AQUALYS",
    "BOULANGERIE FOURNEL", "FROMAGERIE DU CAUSSE", "SCOP BÂTIR ENSEMBLE",
    "THÉÂTRE DU PETIT QUAI", "SAS VERGERS DU GARDON", "CABINET DENTAIRE SABATIER",
    "MUTUELLE SOLIDAIRE DU SUD", "FESTIVAL LES NUITS BLEUES", "RESTAURANT LA TREILLE",
    "SARL PISCINES AZUR", "AGENCE IMMOBILIÈRE DU DUCHÉ", "COLLÈGE ALPHONSE-DAUDET",
    "SAS LOGIVIA", "ÉCOLE DE MUSIQUE D'UZÈS", "CAVEAU DES CAPITELLES",
)  # fmt: skip
PERSONS = (
    "M. ARNAUD Julien", "Mme BASTIDE Claire", "M. et Mme CHABROL", "Mlle DELMAS Inès",
    "M. ESCOFFIER Paul", "Mme FABRE Hélène", "M. GRANIER Luc", "Mme HUGON Maryse",
    "M. ISNARD Théo", "Mme JOURDAN Élise", "M. et Mme KLEIN", "Mme LAURENT Sophie",
    "M. MAZEL Bernard", "Mme NICOLAS Aude", "M. OZIL Karim", "Mme PAGÈS Camille",
    "M. QUIOT Denis", "Mme ROUX Anne-Lise", "M. SERRE Olivier", "Mme TEISSIER Jeanne",
)  # fmt: skip
SUPPLIERS = (
    ("F0001", "MOULIN DE CORCONNE", "601000"),
    ("F0002", "MAS DES ABEILLES", "601000"),
    ("F0003", "GROSSISTE MIDI FRAIS", "601000"),
    ("F0004", "VERRERIE DU RHÔNE", "606300"),
    ("F0005", "SCI LES REMPARTS", "613200"),
    ("F0006", "TÉLÉCOM DU SUD", "626000"),
)


@dataclass(frozen=True, slots=True)
class Client:
    """A customer of Maison Garance and how they pay."""

    code: str
    name: str
    method: str
    """CHQ, VIR, PRLV, CB or ESP."""
    delay_days: int
    monthly: bool
    """Pays the invoices of a month together."""


def clients() -> tuple[Client, ...]:
    """Return the customers: companies pay later, and by other means, than persons do."""
    company_methods = ("VIR", "VIR", "CHQ", "PRLV", "VIR")
    person_methods = ("CB", "CHQ", "ESP", "CB", "VIR")
    companies = (
        Client(
            code=f"C{place + 1:04d}",
            name=name,
            method=company_methods[place % len(company_methods)],
            delay_days=8 + 7 * (place % 6),
            monthly=place % 5 == 0,
        )
        for place, name in enumerate(COMPANIES)
    )
    persons = (
        Client(
            code=f"P{place + 1:04d}",
            name=name,
            method=person_methods[place % len(person_methods)],
            delay_days=place % 4,
            monthly=False,
        )
        for place, name in enumerate(PERSONS)
    )
    return (*companies, *persons)
