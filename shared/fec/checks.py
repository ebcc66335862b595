"""What a careful auditor would remark in a file that is well formed.

A file that `read` accepts can be imported; these findings say where it falls short of the law's
text or of good order. The tax office's engine doesn't look at numbering gaps, at the order of
validation or at matching codes: we do (regulation.md, section 3.3).
"""

from collections import defaultdict
from collections.abc import Callable, Iterator

from shared.fec.entries import balance
from shared.fec.model import Fec, Finding, Line
from shared.fec.numbering import numbering
from shared.fec.values import amount_text

_NEVER_BLANK: tuple[tuple[str, str, Callable[[Line], object]], ...] = (
    ("blank-journal-label", "JournalLib", lambda line: line.journal_label),
    ("blank-account-label", "CompteLib", lambda line: line.account_label),
    ("blank-voucher", "PieceRef", lambda line: line.voucher),
    ("blank-voucher-date", "PieceDate", lambda line: line.voucher_on),
    ("blank-label", "EcritureLib", lambda line: line.label),
    ("blank-validation-date", "ValidDate", lambda line: line.validated_on),
)
CURRENCY_LENGTH = 3


def check(fec: Fec) -> list[Finding]:
    """Return all findings of a file: what was tolerated in reading it first."""
    return [
        *fec.notices,
        *_blanks(fec),
        *numbering(fec),
        *_dates_of_entries(fec),
        *_validation(fec),
        *_matching(fec),
        *_currencies(fec),
        *_labels(fec),
    ]


def _blanks(fec: Fec) -> Iterator[Finding]:
    """Find columns left blank that the law wants filled (A47 A-1, VII, table)."""
    for rule, column, value in _NEVER_BLANK:
        lines = tuple(line.number for line in fec.lines if not value(line))
        if lines:
            yield Finding(rule, "warning", f"{column} is blank on {len(lines)} lines", lines)


def _dates_of_entries(fec: Fec) -> Iterator[Finding]:
    """Find entries whose lines bear several booking dates."""
    for entry in fec.entries:
        if any(line.booked_on != entry.booked_on for line in entry.lines):
            lines = tuple(line.number for line in entry.lines)
            message = f"entry {entry.journal_code} {entry.number} has several dates"
            yield Finding("several-dates", "warning", message, lines)


def _validation(fec: Fec) -> Iterator[Finding]:
    """Find entries validated before they were booked, and entries out of validation order.

    Entries stand in the chronological order of their validation (A47 A-1, VII-1).
    """
    early = tuple(
        line.number
        for line in fec.lines
        if line.validated_on is not None and line.validated_on < line.booked_on
    )
    if early:
        yield Finding("validated-early", "warning", "validated before the booking date", early)
    unordered: list[int] = []
    latest = None
    for entry in fec.entries:
        validated_on = entry.lines[0].validated_on
        if validated_on is None:
            continue
        if latest is not None and validated_on < latest:
            unordered.append(entry.lines[0].number)
        latest = validated_on if latest is None else max(latest, validated_on)
    if unordered:
        message = "entries aren't in the chronological order of their validation"
        yield Finding("validation-order", "warning", message, tuple(unordered))


def _matching(fec: Fec) -> Iterator[Finding]:
    """Find matching codes without a date, dates without a code, and groups that don't balance."""
    halves = tuple(
        line.number for line in fec.lines if bool(line.matching_code) != bool(line.matched_on)
    )
    if halves:
        message = "EcritureLet and DateLet don't go together"
        yield Finding("matching-incomplete", "notice", message, halves)
    groups: defaultdict[tuple[str, str, str], list[Line]] = defaultdict(list)
    for line in fec.lines:
        if line.matching_code:
            groups[line.account, line.auxiliary, line.matching_code].append(line)
    for (account, auxiliary, code), lines in groups.items():
        difference = balance(lines)
        if difference:
            owner = f"{account} {auxiliary}".rstrip()
            message = f"group {code} of {owner} is off by {amount_text(difference)}"
            numbers = tuple(line.number for line in lines)
            yield Finding("matching-unbalanced", "notice", message, numbers)


def _currencies(fec: Fec) -> Iterator[Finding]:
    """Find amounts in a currency that isn't named, and names that are no ISO 4217 code."""
    unnamed = tuple(line.number for line in fec.lines if line.currency_amount and not line.currency)
    if unnamed:
        yield Finding("currency-missing", "notice", "Montantdevise without Idevise", unnamed)
    odd = tuple(
        line.number
        for line in fec.lines
        if line.currency and not (len(line.currency) == CURRENCY_LENGTH and line.currency.isupper())
    )
    if odd:
        yield Finding("currency-code", "notice", "Idevise is no ISO 4217 code", odd)


def _labels(fec: Fec) -> Iterator[Finding]:
    """Find accounts and journals that change their label within the file."""
    seen: dict[tuple[str, str], str] = {}
    changed: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for line in fec.lines:
        for key, label in (
            (("journal", line.journal_code), line.journal_label),
            (("account", line.account), line.account_label),
        ):
            if seen.setdefault(key, label) != label:
                changed[key].append(line.number)
    for (kind, code), lines in changed.items():
        yield Finding(
            f"{kind}-label-changes", "notice", f"{kind} {code} has several labels", tuple(lines)
        )
