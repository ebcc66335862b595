"""Small books for tests: entries in a line each, made into a FEC by writing and reading it."""

from dataclasses import dataclass, replace
from datetime import date

from cli.takeover import Plan, plan
from shared.fec import Fec, Line, Treasury, read, write

DAY = date(2025, 3, 10)


@dataclass(frozen=True)
class Post:
    """One line: an account, or an auxiliary of 411 written in capitals; debit positive."""

    who: str
    cents: int
    label: str = ""
    code: str = ""
    matched_on: date | None = None
    account_label: str = ""
    voucher: str = ""
    collective: str = "411000"
    name: str = ""
    negative: bool = False


@dataclass(frozen=True)
class Entry:
    """Some lines under one number."""

    journal: str
    posts: tuple[Post, ...]
    on: date = DAY
    number: str = ""
    journal_label: str = "Journal"
    voucher_on: date | None = None


def entry(
    journal: str,
    *posts: Post,
    on: date = DAY,
    label: str = "",
    number: str = "",
    journal_label: str = "Journal",
) -> Entry:
    """Return an entry; its label stands on every line that has none."""
    labelled = tuple(replace(post, label=post.label or label) for post in posts)
    return Entry(journal, labelled, on, number, journal_label)


def fec(*entries: Entry) -> Fec:
    """Return the entries as a file that was written and read again."""
    lines: list[Line] = []
    for place, one in enumerate(entries, 1):
        lines += [
            _line(one, post, place=place, at=len(lines) + n) for n, post in enumerate(one.posts, 2)
        ]
    return read(write(lines))


def planned(*entries: Entry) -> Plan:
    """Return the plan of the entries."""
    return plan(fec(*entries))


def _line(one: Entry, post: Post, *, place: int, at: int) -> Line:
    third_party = not post.who[:3].isdigit()
    # A negative debit is a credit, and the other way round: software writes reversals so.
    debit = post.cents if (post.cents > 0) is not post.negative else 0
    return Line(
        number=at,
        journal_code=one.journal,
        journal_label=one.journal_label,
        entry_number=one.number or f"{place:04d}",
        booked_on=one.on,
        account=post.collective if third_party else post.who,
        account_label=post.account_label or "Compte",
        auxiliary=post.who if third_party else "",
        auxiliary_label=(post.name or post.who.title()) if third_party else "",
        voucher=post.voucher or f"P{place}",
        voucher_on=one.voucher_on,
        label=post.label,
        debit_cents=debit,
        credit_cents=debit - post.cents,
        matching_code=post.code,
        matched_on=post.matched_on,
        validated_on=one.on,
        currency_amount=None,
        currency="",
    )


def with_method(file: Fec, method: str) -> Fec:
    """Return a file whose lines have a ModeRglt, as those of treasury accounting do."""
    lines = {
        line.number: line._replace(treasury=Treasury(None, method, "", "")) for line in file.lines
    }
    return replace(
        file,
        lines=tuple(lines.values()),
        entries=tuple(
            one._replace(lines=tuple(lines[line.number] for line in one.lines))
            for one in file.entries
        ),
    )
