"""A package: the sealed entries of a period as a zip that anybody can read, and check.

The invariant: the same entries give the same bytes, always. So nothing in it tells when or
where it was made, and nothing is compressed, since compressors differ from one another. It is
written member by member and never in memory as a whole.
"""

import hashlib
import json
import struct
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Self
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from typing_extensions import override

from shared.canonical import canonical
from shared.events.archive import PackageFormat
from shared.seal import SealedEntry

MANIFEST = "manifest.json"
_NOTICE = "LISEZ-MOI.txt"
_NOTICES: Mapping[PackageFormat, Path] = {
    "acquit-archive-1": Path(__file__).with_name("LISEZ-MOI.txt"),
    "acquit-archive-2": Path(__file__).with_name("LISEZ-MOI-2.txt"),
}
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the first instant that a zip can name
_LONG_AGO_DAY = 1 << 5 | 1  # that day as a header has it
_READABLE = 0o100644 << 16  # a plain file that everybody may read
_UNIX = 3
_ZIP64_VERSION = 45  # of the zip format, which a member of any size asks for
_SEE_EXTRA = 0xFFFFFFFF


class _Member(ZipInfo):
    """A member whose header is ours: Python's own is another before 3.11.4."""

    @override
    def FileHeader(self, zip64: bool | None = None) -> bytes:
        """Return the header before the content: sizes of 64 bits, whatever they are."""
        self.create_version = self.extract_version = _ZIP64_VERSION
        name = self.filename.encode("ascii")
        extra = struct.pack("<HHQQ", 1, 16, self.file_size, self.compress_size)
        fixed = (b"PK\3\4", _ZIP64_VERSION, 0, ZIP_STORED, 0, _LONG_AGO_DAY, self.CRC)
        sizes = (_SEE_EXTRA, _SEE_EXTRA, len(name), len(extra))
        return struct.pack("<4sHHHHHIIIHH", *fixed, *sizes) + name + extra


class Package:
    """A package while it is written to a file that can be sought in."""

    def __init__(self, file: IO[bytes], package_format: PackageFormat) -> None:
        """Begin with the notice that says in French how to read the rest."""
        self._zip = ZipFile(file, "w", ZIP_STORED)
        self._format = package_format
        self._files: list[dict[str, Any]] = []
        self._add(_NOTICE, _NOTICES[package_format].read_bytes())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    @contextmanager
    def journal(self, service: str) -> Iterator["Journal"]:
        """Lend what takes the entries of a service's journal."""
        name = f"journals/{service}.jsonl"
        with self._open(name) as member:
            journal = Journal(member)
            yield journal
        self._note(name, journal.size, journal.digest.hexdigest())

    def _open(self, name: str) -> IO[bytes]:
        info = _Member(name, _LONG_AGO)
        info.create_system, info.external_attr = _UNIX, _READABLE
        return self._zip.open(info, "w", force_zip64=True)

    def _note(self, name: str, size: int, sha256: str) -> None:
        self._files.append({"name": name, "bytes": size, "sha256": sha256})

    def _add(self, name: str, content: bytes) -> None:
        with self._open(name) as member:
            member.write(content)
        self._note(name, len(content), hashlib.sha256(content).hexdigest())

    def finish(self, manifest: Mapping[str, Any], public_keys: Mapping[str, str]) -> None:
        """Add the public keys and, as the last of all, the manifest that names every member."""
        self._add("public-keys.json", canonical(dict(public_keys)))
        said = {"format": self._format, **manifest, "files": self._files}
        with self._open(MANIFEST) as member:
            member.write(canonical(said))


class Journal:
    """The entries of one journal while they are written, one JSON object per line.

    `sealed` is the text whose UTF-8 bytes have the `hash`; hash and signature are hexadecimal.
    """

    def __init__(self, member: IO[bytes]) -> None:
        self.digest = hashlib.sha256()
        self.size = 0
        self._member = member

    def add(self, entries: Iterable[SealedEntry]) -> None:
        """Write the next entries."""
        lines = b"".join(map(_line, entries))
        self._member.write(lines)
        self.digest.update(lines)
        self.size += len(lines)


def _line(entry: SealedEntry) -> bytes:
    said = {
        "position": entry.position,
        "hash": entry.hash.hex(),
        "signature": entry.signature.hex() if entry.signature else None,
        "sealed": entry.sealed.decode(),
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
