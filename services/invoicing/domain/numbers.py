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

    series: str
    template: str


class Counter(Row, frozen=True):
    """The last count given in one period of a series."""

    key = "period"

    period: str
    last: int


_DEFAULT_TEMPLATES = {
    "invoice": "FA{yy}{mm}-{n:4}",
    "credit_note": "AV{yy}{mm}-{n:4}",
    "takeover": "REP-{n:6}",
}

# ── refused ─────────────────────────────────────────────────────────────────────


class UnknownSeries(Refusal):
    """This numbering series has no template: configure it first."""

    status = 422


# ── asked and decided ───────────────────────────────────────────────────────────


def number_needs(picture: Picture, series: str, on: date) -> Iterable[Need]:
    """Name the series, and once it is loaded the counter its template leads to."""
    series_row = one(Series, series)
    yield series_row
    if not picture.missing([series_row]):
        template = _template(picture, series)
        if template:
            yield one(Counter, template.period(on))


def next_number(picture: Picture, series: str, on: date) -> Number:
    """Return the number that comes next; it is taken only by the fact that carries it.

    Raises UnknownSeries where the series has neither a template nor a default one.
    """
    template = _template(picture, series)
    if template is None:
        raise UnknownSeries(series=series)
    known = picture.find(Counter, template.period(on))
    return template.numbered(on, known.last + 1 if known else 1)


def _template(picture: Picture, series: str) -> Template | None:
    configured = picture.find(Series, series)
    text = configured.template if configured else _DEFAULT_TEMPLATES.get(series)
    return Template(text) if text else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigureNumbering:
    """Give a series its template."""

    series: str
    template: str

    def needs(self, _picture: Picture) -> Iterable[Need]:
        """Name the series."""
        return (one(Series, self.series),)

    def decide(self, picture: Picture) -> list[Event]:
        """Change the template unless it is already this one."""
        known = picture.find(Series, self.series)
        if known and known.template == self.template:
            return []
        return [NumberingConfigured(series=self.series, template=self.template)]
