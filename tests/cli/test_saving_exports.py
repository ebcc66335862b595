"""If these failed, a person could hand accounting half a file, or another than was closed."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from typing_extensions import override

from cli.books import save_export
from cli.client import Client

CONTENT = b"JournalCode\r\nCIC\r\n" * 9
MANIFEST = {"export_id": "E1", "file_sha256": hashlib.sha256(CONTENT).hexdigest()}


class Broken(httpx.AsyncByteStream):
    """An answer whose connection is lost on the way."""

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield CONTENT + b"more than there will be of the next answer"
        raise httpx.ReadError("lost")


def client_of(answers: Iterator[httpx.Response]) -> Client:
    client = Client("acme", urls={"payments": "http://payments"}, token="none")
    client.http = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: next(answers)))
    return client


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(
    "first",
    [httpx.Response(200, stream=Broken()), httpx.Response(503, headers={"Retry-After": "0"})],
)
async def test_a_file_that_did_not_come_whole_is_fetched_again(
    first: httpx.Response, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.client._PAUSE_SECONDS", 0)
    answers = iter([first, httpx.Response(200, content=CONTENT)])
    async with client_of(answers) as client:
        await save_export(client, MANIFEST, tmp_path / "fec.txt")
    assert files(tmp_path) == {"fec.txt": CONTENT}


async def test_another_file_than_was_closed_is_not_kept(tmp_path: Path) -> None:
    answers = iter([httpx.Response(200, content=CONTENT[:-1])])
    async with client_of(answers) as client:
        with pytest.raises(OSError, match="not that of its manifest"):
            await save_export(client, MANIFEST, tmp_path / "fec.txt")
    assert files(tmp_path) == {}
