"""From the bytes of a FEC to its numbered rows.

The law allows ASCII, ISO 8859-15 and UTF-8; a byte-order mark is met in real files. A file that
isn't UTF-8 is read as ISO 8859-15, unless it uses the bytes 0x80 to 0x9F: those are control
characters there and letters or quotes in windows-1252, which is what such a file really is.
Rows end with CR, LF or both. Source: LPF art. A47 A-1, V and VI.
"""

from shared.fec.model import FecError, MalformedFec

BOM = b"\xef\xbb\xbf"
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
END_OF_FILE_MARK = "\x1a"
_EXPECTED = "text in UTF-8, ISO-8859-15 or ASCII"
_C1_CONTROLS = bytes(range(0x80, 0xA0))


def decode(content: bytes) -> tuple[str, str]:
    """Return the text and the name of its encoding, or refuse bytes that are no text."""
    if content.startswith(UTF_16_MARKS):
        raise MalformedFec([FecError(1, "file", "UTF-16", _EXPECTED)])
    if b"\0" in content:
        raise _refusal(content, content.index(b"\0"), "a NUL byte")
    if content.startswith(BOM):
        return _decoded(content[len(BOM) :], "utf-8"), "utf-8-sig"
    if content.isascii():
        return content.decode("ascii"), "ascii"
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    if content.translate(None, _C1_CONTROLS) == content:
        return content.decode("iso-8859-15"), "iso-8859-15"
    return _decoded(content, "windows-1252"), "windows-1252"


def _decoded(content: bytes, encoding: str) -> str:
    """Decode, or refuse with the line of the first byte that can't be."""
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as fault:
        raise _refusal(content, fault.start, f"byte 0x{content[fault.start]:02X}") from None


def _refusal(content: bytes, offset: int, value: str) -> MalformedFec:
    """Build the refusal of a file for one byte, naming its line."""
    line = len(rows_of(content[:offset].decode("latin-1")))
    return MalformedFec([FecError(line, "file", value, _EXPECTED)])


def rows_of(text: str) -> list[str]:
    r"""Split into rows at CR, LF or CRLF, and at nothing else.

    `str.splitlines` would also split at form feeds and at U+2028, which labels may hold.

    >>> rows_of("a\r\nb\rc\n")
    ['a', 'b', 'c', '']
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.removesuffix(END_OF_FILE_MARK).split("\n")
