"""The lines of a file, plain or compressed, one at a time and never longer than a limit."""

import gzip
import zlib
from collections.abc import Iterator
from gzip import GzipFile
from io import BufferedReader
from pathlib import Path

from connectors.file.record import BadFile, BadLine

MAX_LINE = 10_000_000
SKIP_SIZE = 1 << 16
BOM = b"\xef\xbb\xbf"
# Exports that are easily mistaken for text, by their first bytes.
FOREIGN = (
    (b"\x1f\x8b", "is compressed with gzip: let its name end in .gz"),
    (b"PK\x03\x04", "is a ZIP archive or an Excel workbook: export it as CSV"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook: export it as CSV"),
    (b"\xff\xfe", "is encoded as UTF-16: save it as UTF-8"),
    (b"\xfe\xff", "is encoded as UTF-16: save it as UTF-8"),
)

Stream = BufferedReader | GzipFile
Line = tuple[int, bytes | BadLine]
"""A line's number, counted from 1, with its bytes and line end, or with its defect."""


def read_lines(path: Path, encoding: str) -> Iterator[Line]:
    """Yield the lines in UTF-8; lines of a UTF-8 file are not validated.

    Raises BadFile, after the lines before it, where the file cannot be read or ends too early.
    """
    number = 0
    try:
        with _open(path) as stream:
            _check_beginning(stream, path)
            for raw in _bounded_lines(stream):
                number += 1
                yield number, raw if encoding == "utf-8" else _recode(raw, encoding)
    except EOFError:
        raise BadFile(f"{path}:{number + 1}", "the compressed file is cut off here: export or copy it again") from None
    except (gzip.BadGzipFile, zlib.error) as problem:
        raise BadFile(f"{path}:{number + 1}", f"is not valid gzip from here on: {problem}") from None
    except OSError as problem:
        raise BadFile(str(path), f"cannot be read: {problem.strerror or problem}") from None


def _open(path: Path) -> Stream:
    return GzipFile(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb")


def _check_beginning(stream: Stream, path: Path) -> None:
    """Skip a byte order mark. Raise BadFile for a file that is not text."""
    head = stream.peek(4)
    for mark, reason in FOREIGN:
        if head.startswith(mark):
            raise BadFile(str(path), reason)
    if head.startswith(BOM):
        stream.read(len(BOM))


def _bounded_lines(stream: Stream) -> Iterator[bytes | BadLine]:
    # A file without line ends, or with one that never comes, must not fill the memory.
    while line := stream.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE and not line.endswith(b"\n"):
            _skip_rest(stream)
            yield BadLine(f"the line is longer than {MAX_LINE:,} bytes")
        # PostgreSQL stores no NUL in a text: it would fail the whole page there.
        elif b"\0" in line:
            yield BadLine("the line contains a NUL byte")
        else:
            yield line


def _skip_rest(stream: Stream) -> None:
    while (rest := stream.readline(SKIP_SIZE)) and not rest.endswith(b"\n"):
        pass


def _recode(line: bytes | BadLine, encoding: str) -> bytes | BadLine:
    if isinstance(line, BadLine):
        return line
    try:
        return line.decode(encoding).encode()
    except UnicodeError as problem:
        return BadLine(f"the line is not encoded as {encoding}: {problem}")


def decode(line: bytes) -> str:
    """Return a line's text. Raise BadLine where it is not UTF-8."""
    try:
        return line.decode()
    except UnicodeDecodeError as problem:
        raise BadLine(
            f"invalid UTF-8 at byte {problem.start + 1}: set ENCODING if the file has another encoding"
        ) from None
