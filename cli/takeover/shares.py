"""Splitting amounts exactly: the parts always add up to the whole, to the cent."""

from collections.abc import Sequence


def largest_remainder(weights: Sequence[int], total: int) -> list[int]:
    """Split a total in proportion to weights; the cents left go to the largest remainders.

    Weights may be negative as long as their sum isn't zero. Equal remainders are served in
    order, so that the same input gives the same shares.

    >>> largest_remainder([1, 1, 1], 100)
    [34, 33, 33]
    """
    whole = sum(weights)
    if whole == 0:
        raise ValueError("weights that add up to zero can't share anything")
    shares, remainders = zip(*(divmod(weight * total, whole) for weight in weights), strict=True)
    parts = list(shares)
    places = sorted(range(len(parts)), key=lambda place: -abs(remainders[place]))
    for place in places[: total - sum(parts)]:
        parts[place] += 1
    return parts


def split(components: Sequence[int], portions: Sequence[int]) -> list[list[int]]:
    """Split each component of a sale among portions of it, exact in both directions.

    The components (nets and VAT amounts) of each portion add up to the portion. When the
    portions add up to the whole, the portions of each component add up to the component:
    shares are taken from the running total, so that roundings don't pile up.

    >>> split([100, 20], [60, 60])
    [[50, 10], [50, 10]]
    """
    running = 0
    before = [0] * len(components)
    parts: list[list[int]] = []
    for portion in portions:
        running += portion
        upto = largest_remainder(components, running)
        parts.append([now - then for now, then in zip(upto, before, strict=True)])
        before = upto
    return parts
