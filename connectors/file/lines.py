"""The lines of a file, plain or compressed, one at a time and never longer than a limit."""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from gzip import GzipFile
from io import BufferedReader, RawIOBase
from pathlib import Path

from connectors.file.encoding import WIDE, as_windows
from connectors.file.record import BadFile, BadLine

MAX_LINE = 10_000_000
CHUNK = 1 << 16
# A record that spans parts is parsed again with each of them.
TEXT_CHUNK = 1 << 20
BOM = codecs.BOM_UTF8
GZIP = b"\x1f\x8b"

Stream = BufferedReader | GzipFile
Line = tuple[int, bytes | BadLine]
"""A line's number, counted from 1, with its bytes and line end, or with its defect."""


class Position:
    """The number of the line on which a file turns out to be unreadable."""

    line = 0


class Recoded(RawIOBase):
    """The bytes of a stream in UTF-8, with line feeds where it has carriage returns alone."""

    def __init__(self, stream: Stream, encoding: str) -> None:
        self._stream = stream
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        self._old_ends: bool | None = None
        self._left = b""

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override] # as `RawIOBase` is typed
        """Fill the buffer, and return the number of its bytes; 0 at the end."""
        while not self._left and (chunk := self._stream.read(CHUNK)):
            text = as_windows(self._decoder.decode(chunk), self._encoding)
            if self._old_ends is None and text:
                self._old_ends = "\r" in text and "\n" not in text
            self._left = (text.replace("\r", "\n") if self._old_ends else text).encode("utf-8", "replace")
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size


@contextmanager
def open_file(path: Path) -> Iterator[tuple[Stream, Position]]:
    """Open a file, and unpack it by its content; raise BadFile where it cannot be read or ends too early."""
    position = Position()
    try:
        with _open(path) as stream:
            yield stream, position
    except EOFError:
        raise BadFile(
            f"{path}:{position.line + 1}", "the compressed file is cut off here: export or copy it again"
        ) from None
    except (gzip.BadGzipFile, zlib.error):
        raise BadFile(f"{path}:{position.line + 1}", _gzip_defect(path)) from None
    except OSError as problem:
        raise BadFile(str(path), f"cannot be read: {problem.strerror or problem}") from None
    except UnicodeError as problem:
        raise BadFile(str(path), f"is not encoded as ENCODING says at byte {_start_of(problem)}: correct it") from None


def _gzip_defect(path: Path) -> str:
    if not _begins_packed(path):
        return "is not compressed, though its name ends in .gz: take .gz off its name, or compress it with gzip"
    return "is not valid gzip from here on: export or copy it again"


def _begins_packed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(GZIP)) == GZIP


def is_compressed(path: Path) -> bool:
    """Return whether the file is packed by gzip, whatever its name says. Raise BadFile where it cannot be read."""
    try:
        return _begins_packed(path) or path.suffix.lower() == ".gz"
    except OSError as problem:
        raise BadFile(str(path), f"cannot be read: {problem.strerror or problem}") from None


def _open(path: Path) -> Stream:
    return GzipFile(path, "rb") if is_compressed(path) else path.open("rb")


def read_chunks(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file, unpacked. Raise BadFile."""
    with open_file(path) as (stream, _):
        while chunk := stream.read(CHUNK):
            yield chunk


def read_text(stream: Stream, encoding: str) -> Iterator[str]:
    """Yield the text of an open file in parts; signs that its encoding does not have become U+FFFD."""
    decoder = codecs.getincrementaldecoder("utf-8-sig" if encoding == "utf-8" else encoding)(errors="replace")
    while chunk := _read_chunk(stream):
        if text := decoder.decode(chunk):
            yield as_windows(text, encoding)
    if rest := decoder.decode(b"", final=True):
        yield rest


def _read_chunk(stream: Stream) -> bytes:
    """Return the next bytes, those before the damage of a compressed file first."""
    parts: list[bytes] = []
    try:
        while (missing := TEXT_CHUNK - sum(map(len, parts))) and (part := stream.read1(missing)):
            parts.append(part)
    except (EOFError, zlib.error):
        # Raised again by the next call.
        if not parts:
            raise
    return b"".join(parts)


def read_lines(path: Path, encoding: str) -> Iterator[Line]:
    """Yield the lines in UTF-8; lines of a UTF-8 file are not validated.

    Raises BadFile, after the lines before it, where the file cannot be read or ends too early.
    """
    with open_file(path) as (stream, position):
        head = stream.peek(CHUNK)
        recoded = encoding in WIDE or (b"\r" in head and b"\n" not in head)
        lines: Stream = BufferedReader(Recoded(stream, encoding)) if recoded else stream
        if lines.peek(len(BOM)).startswith(BOM):
            lines.read(len(BOM))
        for raw in _bounded_lines(lines):
            position.line += 1
            yield position.line, raw if recoded or encoding == "utf-8" else _recode(raw, encoding)


def _bounded_lines(stream: Stream) -> Iterator[bytes | BadLine]:
    # A file without line ends, or with one that never comes, must not fill the memory.
    while line := stream.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE and not line.endswith(b"\n"):
            _skip_rest(stream)
            yield BadLine(f"the line is longer than {MAX_LINE:,} bytes")
        else:
            yield line


def _skip_rest(stream: Stream) -> None:
    while (rest := stream.readline(CHUNK)) and not rest.endswith(b"\n"):
        pass


def _recode(line: bytes | BadLine, encoding: str) -> bytes | BadLine:
    if isinstance(line, BadLine):
        return line
    try:
        return as_windows(line.decode(encoding), encoding).encode()
    except UnicodeError as problem:
        return BadLine(f"the line is not encoded as {encoding} at byte {_start_of(problem)}: correct ENCODING")


def _start_of(problem: UnicodeError) -> int:
    return getattr(problem, "start", 0) + 1


def decode(line: bytes) -> str:
    """Return a line's text. Raise BadLine where it is not UTF-8."""
    try:
        return line.decode()
    except UnicodeDecodeError as problem:
        raise BadLine(
            f"invalid UTF-8 at byte {problem.start + 1}: set ENCODING if the file has another encoding"
        ) from None
