"""The lines of a file, plain or compressed, one at a time and never more than a limit of bytes."""

import gzip
import zlib
from collections.abc import Iterator
from gzip import GzipFile
from io import BufferedReader
from pathlib import Path

from connectors.file.problems import BadFile, BadLine

LONGEST_LINE = 10_000_000
SKIPPED_AT_ONCE = 1 << 16
BOM = b"\xef\xbb\xbf"
FOREIGN = (
    (b"\x1f\x8b", "is compressed by gzip: let its name end in .gz"),
    (b"PK\x03\x04", "is a ZIP archive or an Excel workbook: export it as CSV"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook: export it as CSV"),
    (b"\xff\xfe", "is encoded as UTF-16: save it as UTF-8"),
    (b"\xfe\xff", "is encoded as UTF-16: save it as UTF-8"),
)

Stream = BufferedReader | GzipFile
Line = tuple[int, bytes | BadLine]
"""A line's number, counted from 1, with its bytes and end, or with what is wrong with it."""


def lines(path: Path, encoding: str) -> Iterator[Line]:
    """The lines in UTF-8: of a UTF-8 file as they are, sound or not; of another one recoded.

    Raises BadFile, after the lines before it, where the file cannot be read or ends too early.
    """
    number = 0
    try:
        with _opened(path) as stream:
            _judge_beginning(stream, path)
            for raw in _bounded(stream):
                number += 1
                yield number, raw if encoding == "utf-8" else _recoded(raw, encoding)
    except EOFError:
        raise BadFile(f"{path}:{number + 1}", "the compressed file is cut here: export or copy it again") from None
    except (gzip.BadGzipFile, zlib.error) as problem:
        raise BadFile(f"{path}:{number + 1}", f"is no sound gzip file from here on: {problem}") from None
    except OSError as problem:
        raise BadFile(str(path), f"cannot be read: {problem.strerror or problem}") from None


def _opened(path: Path) -> Stream:
    return GzipFile(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb")


def _judge_beginning(stream: Stream, path: Path) -> None:
    """Passes over a byte order mark; raises BadFile for a file that is no text."""
    head = stream.peek(4)
    for mark, reason in FOREIGN:
        if head.startswith(mark):
            raise BadFile(str(path), reason)
    if head.startswith(BOM):
        stream.read(len(BOM))


def _bounded(stream: Stream) -> Iterator[bytes | BadLine]:
    while line := stream.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE and not line.endswith(b"\n"):
            _skip_rest(stream)
            yield BadLine(f"the line is longer than {LONGEST_LINE:,} bytes")
        elif b"\0" in line:
            yield BadLine("the line holds a NUL byte")
        else:
            yield line


def _skip_rest(stream: Stream) -> None:
    while (rest := stream.readline(SKIPPED_AT_ONCE)) and not rest.endswith(b"\n"):
        pass


def _recoded(line: bytes | BadLine, encoding: str) -> bytes | BadLine:
    if isinstance(line, BadLine):
        return line
    try:
        return line.decode(encoding).encode()
    except UnicodeError as problem:
        return BadLine(f"the line is not encoded as {encoding}: {problem}")


def as_text(line: bytes) -> str:
    """A line's text. Raises BadLine where it is not UTF-8."""
    try:
        return line.decode()
    except UnicodeDecodeError as problem:
        raise BadLine(f"invalid UTF-8 at byte {problem.start + 1}: set ENCODING if it is another one") from None
