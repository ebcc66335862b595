"""A damaged file is read or refused, never anything else."""

from hypothesis import given
from hypothesis import strategies as st

from shared.fec import Fec, FecError, MalformedFec, check, read
from tests.fec.fec_text import INCOME, SALE, SIDED, fec

GOOD = (
    fec(),
    fec(SALE | {"EcritureLet": "AA", "DateLet": "20250201"}, INCOME, separator="|", end="\r\n"),
    fec(
        SALE | {"Montant": "1,00", "Sens": "D"},
        INCOME | {"Montant": "1,00", "Sens": "C"},
        names=SIDED,
    ),
)


def read_or_refused(content: bytes) -> Fec | None:
    """Return the file, or None if it was refused with errors that name existing lines."""
    errors: tuple[FecError, ...] = ()
    try:
        return read(content)
    except MalformedFec as refusal:
        errors = refusal.errors
    rows = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 2
    assert errors
    assert all(1 <= error.line <= rows and error.expected for error in errors)
    return None


@given(st.sampled_from(GOOD), st.integers(0, 600), st.binary(max_size=4), st.integers(0, 4))
def test_bytes_may_be_replaced_inserted_or_lost(
    content: bytes, place: int, patch: bytes, lost: int
) -> None:
    damaged = content[:place] + patch + content[place + lost :]
    found = read_or_refused(damaged)
    if found is not None:
        assert sum(line.cents for line in found.lines) == 0
        check(found)


@given(st.binary(max_size=300))
def test_any_bytes_may_come(content: bytes) -> None:
    read_or_refused(content)


@given(
    st.sampled_from(GOOD), st.text("0123456789,.-+ |\t\nDCé\xa0", max_size=12), st.integers(0, 40)
)
def test_any_zone_may_be_anything(content: bytes, zone: str, place: int) -> None:
    separator = b"|" if b"|" in content else b"\t"
    zones = content.split(separator)
    zones[place % len(zones)] = zone.encode()
    read_or_refused(separator.join(zones))
