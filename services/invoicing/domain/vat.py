"""VAT of a document: one amount per rate, rounded once (EN 16931)."""

from collections.abc import Sequence
from decimal import Decimal

from shared.errors import Refusal
from shared.events.invoicing import DocumentLine, VatBreakdown
from shared.money import Money, round_half_up


class VatDoesNotFit(Refusal):
    """The VAT given for a rate is further from its computation than one cent a line."""

    status = 422


def breakdown(
    lines: Sequence[DocumentLine], currency: str, given: dict[str, Money] | None, *, check: bool
) -> tuple[VatBreakdown, ...]:
    """Total the lines per VAT rate: tax is net x rate / 100, rounded once (EN 16931, BR-CO-17).

    `given` holds VAT amounts computed elsewhere; each may differ from the computation by one
    cent for each of its lines (software that rounds line by line), and raises VatDoesNotFit
    beyond. Without `check` they are taken as they stand: the document exists already.
    """
    rates: dict[str, list[int]] = {}
    for line in lines:
        rates.setdefault(line.vat_rate, []).append(line.net.cents)
    parts = []
    for rate, nets in rates.items():
        net = sum(nets)
        vat = round_half_up(Decimal(net) * Decimal(rate) / 100)
        if given is not None:
            found = given.get(rate, Money(0, currency)).cents
            if check and abs(found - vat) > len(nets):
                raise VatDoesNotFit(
                    rate=rate, given=Money(found, currency), computed=Money(vat, currency)
                )
            vat = found
        parts.append(VatBreakdown(rate=rate, net=Money(net, currency), vat=Money(vat, currency)))
    return tuple(parts)
