"""One tiny service that follows another, in the words of a test."""

from shared.seal import SealedEntry
from tests.shared.notes import names
from tests.shared.shelf import LEDGER, Shelf, put, until


async def applied(reader: Shelf, owner: Shelf, position: int, ledger: str = LEDGER) -> None:
    """Wait until the reader has applied the owner's entries up to a position."""

    async def there() -> bool:
        return await reader.checkpoint(owner.name, ledger) >= position

    await until(there)


async def written(owner: Shelf, count: int, word: str = "n") -> list[SealedEntry]:
    """Write notes into the owner's journal; return all its entries."""
    await put(await owner.writing(), names(count, word))
    return await owner.entries()
