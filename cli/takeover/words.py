"""What the words of a label, a journal or a name say.

Accountants abbreviate, in capitals, without accents, each in their own way; these are the
abbreviations met in French books. Words only decide where accounts and amounts leave it open.
"""

import re
import unicodedata
from functools import lru_cache

from cli.takeover.items import Kind, Method

_TITLE = r"(?:M|MR|MM|MRS|MME|MMES|MLLE|MLE|MONSIEUR|MADAME|MADEMOISELLE)"
_PERSON = re.compile(rf"^{_TITLE}\b\.?[ /]|\b(?:MME|MLLE|MONSIEUR|MADAME)\.?$|\bPARTICULIERS?\b")
_COMPANY = re.compile(
    r"\b(?:SARL|EURL|SAS|SASU|SA|SNC|SCI|SCOP|SELARL|SCEA|EARL|GAEC|ETS|STE|SOCIETE|ASSOCIATION"
    r"|ASSO|BRICOLAGE|MAIRIE|COMMUNE|COMITE|SYNDICAT|GMBH|LTD|BV|SPRL)\b"
)
_METHODS: tuple[tuple[re.Pattern[str], Method], ...] = (
    (re.compile(r"\b(?:PRLV?|PRELEV\w*|SDD)\b"), "direct-debit"),
    (re.compile(r"\b(?:CB|CARTE|CARTES|TPE|VISA|STRIPE|SUMUP|PAYPAL|MONETIQUE)\b"), "card"),
    (re.compile(r"\b(?:CHQ|CHQS|CHEQUES?(?! POSTAUX)|REMISE|REM)\b"), "cheque"),
    (re.compile(r"\b(?:ESP|ESPECE|ESPECES|LIQUIDE)\b"), "cash"),
    (re.compile(r"\b(?:VIR|VRT|VIRT|VRMT|VIREMENT|VIREMENTS|TRANSFERT)\b"), "transfer"),
)
_RETURNED = re.compile(r"\b(?:IMP|IMPAYES?|REJET\w*|RETOURS?|RETOURNE\w*|SANS PROVISION|R TRANS)\b")
_REVERSED = re.compile(
    r"\b(?:EXTOURNE\w*|CONTRE ?PASS\w*|CONTREPASS\w*|ANNUL\w*|ERREUR|ERRONE\w*|OD CORRECTION)\b"
)
_REFUND = re.compile(r"\b(?:REMB\w*|RBT|RMBT|RBST|TROP ?PERCU\w*|REVERSEMENT|RESTITUTION)\b")
_OPENING_CODE = re.compile(r"R?AN[OCVX]?[0-9]*|NOUV|OUV(?:ERTURE)?")
_OPENING = re.compile(
    r"\bA ?NOUVEAUX?\b|\bREPORTS?\b.*\bNOUVEAUX?\b|\bR A N\b|\bRAN\b|\bS A N\b|\bOUVERTURE\b"
    r"|\b(?:SOLDE|BALANCE|BILAN)S? (?:INITIAL|INITIALE|INITIAUX|D OUVERTURE|ANTERIEUR)\w*"
    r"|\bREPRISE (?:DES )?(?:SOLDES?|BALANCE)\b"
)
_MONEY_ACCOUNT: tuple[tuple[str, Method], ...] = (
    ("53", "cash"),
    ("54", "cash"),
    ("5112", "cheque"),
    ("5115", "card"),
)


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Return capitals without accents or punctuation, spaces single, to look words up in.

    >>> plain("Chèque impayé n°12 (A-nouveau)")
    'CHEQUE IMPAYE N 12 A NOUVEAU'
    """
    base = unicodedata.normalize("NFKD", text.replace("°", " ")).encode("ascii", "ignore").decode()
    return " ".join(re.sub(r"[^A-Z0-9]+", " ", base.upper()).split())


def kind_of(name: str) -> Kind:
    """Tell a person from a company by title and legal form; a company unless a title says not.

    >>> kind_of("Mme Durand"), kind_of("M. et Mme PETIT"), kind_of("SARL MME ANNE")
    ('particulier', 'particulier', 'societe')
    """
    words = plain(name)
    return "particulier" if _PERSON.search(words) and not _COMPANY.search(words) else "societe"


def method_of(*texts: str, account: str) -> Method:
    """Tell how money moved: by the account, else by the first text that says it, else transfer.

    >>> method_of("REGLT FA12", "Banque CIC", account="512100")
    'transfer'
    >>> method_of("DUPONT", "Remise de chèques", account="512100")
    'cheque'
    """
    for prefix, method in _MONEY_ACCOUNT:
        if account.startswith(prefix):
            return method
    for text in texts:
        words = plain(text)
        for pattern, method in _METHODS:
            if pattern.search(words):
                return method
    return "transfer"


def says_returned(text: str) -> bool:
    """Tell whether a label speaks of a payment the bank sent back."""
    return _RETURNED.search(plain(text)) is not None


def says_reversed(text: str) -> bool:
    """Tell whether a label speaks of an entry taken back."""
    return _REVERSED.search(plain(text)) is not None


def says_refund(text: str) -> bool:
    """Tell whether a label speaks of money given back."""
    return _REFUND.search(plain(text)) is not None


def says_opening(text: str) -> bool:
    """Tell whether a label speaks of balances brought forward."""
    return _OPENING.search(plain(text)) is not None


def is_opening_journal(code: str, label: str) -> bool:
    """Tell whether a journal is kept for opening entries.

    >>> is_opening_journal("AN", "OD54"), is_opening_journal("VE", "Ventes")
    (True, False)
    """
    return _OPENING_CODE.fullmatch(plain(code).replace(" ", "")) is not None or says_opening(label)
