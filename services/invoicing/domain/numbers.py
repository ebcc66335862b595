"""Numbers of documents: gapless, by the template of a series (S1-23)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from shared.decider import Need, Picture, Row, one
from shared.errors import Refusal
from shared.events import Event
from shared.events.invoicing import NumberingConfigured
from shared.numbering import Number, Template

# ── remembered ──────────────────────────────────────────────────────────────────


class Series(Row, frozen=True):
    """A numbering series and its template."""

    key = "series"

    series: str  # with its brand after a slash, if it is a brand's own
    template: str


class Counter(Row, frozen=True):
    """The last count given in one period of a series."""

    key = "period"

    period: str
    last: int


_DEFAULT_TEMPLATES = {
    "quote": "DE{yy}{mm}-{n:4}",
    "order": "CO{yy}{mm}-{n:4}",
    "delivery_note": "BL{yy}{mm}-{n:4}",
    "invoice": "FA{yy}{mm}-{n:4}",
    "internal_invoice": "FI{yy}{mm}-{n:4}",
    "prepayment_invoice": "AC{yy}{mm}-{n:4}",
    "credit_note": "AV{yy}{mm}-{n:4}",
    "purchase_invoice": "FF{yy}{mm}-{n:4}",
    "expense_note": "NF{yy}{mm}-{n:4}",
    "takeover": "REP-{n:6}",
}

# ── refused ─────────────────────────────────────────────────────────────────────


class UnknownSeries(Refusal):
    """This numbering series has no template: configure it first."""

    status = 422


# ── asked and decided ───────────────────────────────────────────────────────────


def series_key(series: str, brand: str | None) -> str:
    """Return under which key a series is kept: a brand may have one of its own."""
    return f"{series}/{brand}" if brand else series


def number_needs(picture: Picture, series: str, *, brand: str | None, on: date) -> Iterable[Need]:
    """Name the series, and once it is loaded the counter its template leads to."""
    series_rows = [one(Series, key) for key in _keys(series, brand)]
    yield from series_rows
    if not picture.missing(series_rows):
        template = _template(picture, series, brand)
        if template:
            yield one(Counter, template.period(on))


def next_number(picture: Picture, series: str, *, brand: str | None, on: date) -> Number:
    """Return the number that comes next; it is taken only by the fact that carries it.

    Raises UnknownSeries where the series has neither a template nor a default one.
    """
    template = _template(picture, series, brand)
    if template is None:
        raise UnknownSeries(series=series)
    known = picture.find(Counter, template.period(on))
    return template.numbered(on, known.last + 1 if known else 1)


def _keys(series: str, brand: str | None) -> list[str]:
    return [series_key(series, brand), series] if brand else [series]


def _template(picture: Picture, series: str, brand: str | None) -> Template | None:
    for key in _keys(series, brand):
        configured = picture.find(Series, key)
        if configured:
            return Template(configured.template)
    default = _DEFAULT_TEMPLATES.get(series)
    return Template(default) if default else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigureNumbering:
    """Give a series its template, for one brand or for all that have none of their own."""

    series: str
    template: str
    brand: str | None = None

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name the series."""
        return (one(Series, series_key(self.series, self.brand)),)

    def decide(self, picture: Picture) -> list[Event]:
        """Change the template unless it is already this one."""
        known = picture.find(Series, series_key(self.series, self.brand))
        if known and known.template == self.template:
            return []
        return [NumberingConfigured(series=self.series, template=self.template, brand=self.brand)]
