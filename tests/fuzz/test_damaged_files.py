"""If this failed, a damaged accounting file could be taken for a whole one, or break the import."""

import random

import pytest

from tests.fec.test_fec_damage import GOOD, read_or_refused

pytestmark = pytest.mark.fuzz
FILES = 10_000


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Return a file with some of its bytes changed, lost, doubled or moved."""
    found = bytearray(content)
    for _ in range(chance.randint(1, 6)):
        place, length = chance.randrange(len(found) + 1), chance.randint(0, 40)
        part = bytes(found[place : place + length])
        found[place : place + length] = chance.choice(
            [
                b"",
                part * 2,
                part[::-1],
                chance.randbytes(length),
                bytes([chance.choice(b"\x00\t|\r\n;,.-+ 09\xff\xe9")]),
            ]
        )
    return bytes(found)


def test_a_damaged_file_is_read_whole_or_refused_whole() -> None:
    for seed in range(FILES):
        chance = random.Random(seed)  # noqa: S311 - it has to be the same again
        content = damaged(chance.choice(GOOD), chance)
        try:
            found = read_or_refused(content)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {content!r}") from error
        assert found is None or sum(line.cents for line in found.lines) == 0, seed
