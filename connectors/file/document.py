"""Records of a JSON document: an array of objects, alone or inside other objects, or objects one after another."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from connectors.file.columns import ColumnMap
from connectors.file.jsonl import DECODER
from connectors.file.lines import open_file, read_text
from connectors.file.record import BadFile, BadLine, LineRecord

MAX_RECORD = 10_000_000
MAX_DEPTH = 4
MAX_LINES = 20
SHOWN = 15
# The names by which systems wrap their records; other arrays may as well belong to a single record.
WRAPPERS = (
    "result",
    "results",
    "records",
    "issues",
    "tickets",
    "items",
    "data",
    "value",
    "values",
    "incidents",
    "rows",
)
_BLANKS = re.compile(r"[\s,]*+")


class BrokenDocument(Exception):
    """A document that is not JSON from a place on; `str()` is the reason."""


class JsonText:
    """The text of a document, of which a part is in memory."""

    def __init__(self, chunks: Iterable[str]) -> None:
        self._chunks = iter(chunks)
        self._part = ""
        self._at = 0
        self._line = 1
        self._counted_to = 0

    @property
    def line(self) -> int:
        """The number of the line that is read."""
        # Counted from where the count stopped: a part may hold thousands of records.
        self._line += self._part.count("\n", self._counted_to, self._at)
        self._counted_to = self._at
        return self._line

    def _read_on(self) -> bool:
        chunk = next(self._chunks, "")
        self._line = self.line
        self._part, self._at, self._counted_to = self._part[self._at :] + chunk, 0, 0
        return bool(chunk)

    def peek(self) -> str:
        """Return the next sign that is neither blank nor a comma; empty at the end."""
        while True:
            blanks = _BLANKS.match(self._part, self._at)
            self._at = blanks.end() if blanks else self._at
            if self._at < len(self._part) or not self._read_on():
                return self._part[self._at : self._at + 1]

    def skip(self, sign: str) -> None:
        """Go past the next sign. Raise BrokenDocument where it is another one."""
        if (actual := self.peek()) != sign:
            raise BrokenDocument(f'expected "{sign}", got "{actual}"' if actual else "the file is cut off here")
        self._at += 1

    def value(self) -> Any:
        """Return the value that begins next, and go past it. Raise BrokenDocument."""
        self.peek()
        while True:
            try:
                value, end = DECODER.raw_decode(self._part, self._at)
            except (ValueError, RecursionError) as problem:
                if len(self._part) - self._at > MAX_RECORD:
                    raise BrokenDocument("a record is broken, or larger than 10 MB") from None
                if not self._read_on():
                    raise BrokenDocument(self._defect(problem)) from None
                continue
            # A number at the end of what is in memory may go on.
            if end < len(self._part):
                self._at = end
                return value
            size = end - self._at
            if not self._read_on():
                self._at = size
                return value

    def _defect(self, problem: Exception) -> str:
        """Return in words why the value that begins next cannot be read."""
        if isinstance(problem, RecursionError):
            return "the values are nested too deep"
        at = getattr(problem, "pos", self._at)
        # Cut inside a text, the parser names the beginning of that text.
        is_cut = at >= len(self._part.rstrip()) or "Unterminated" in str(problem)
        return (
            "the file is cut off" if is_cut else f"a value, or a sign between values, is broken near {self._around(at)}"
        )

    def _around(self, at: int) -> str:
        text = " ".join(self._part[max(0, at - SHOWN) : at + SHOWN].split())
        return f"`{text}`"

    def array(self) -> Iterator[tuple[int, Any]]:
        """Yield the values of the array that begins next, with their lines. Raise BrokenDocument."""
        self.skip("[")
        while (sign := self.peek()) != "]":
            if not sign:
                raise BrokenDocument("the file is cut off here")
            yield self.line, self.value()
        self.skip("]")

    def members(self) -> Iterator[str]:
        """Yield the keys of the object that begins next; the caller reads each value. Raise BrokenDocument."""
        self.skip("{")
        while self.peek() != "}":
            key = self.value()
            self.skip(":")
            yield str(key)
        self.skip("}")


def json_records(path: Path, encoding: str, records: str) -> Iterator[LineRecord]:
    """Yield a record for each object of the array at the dotted path `records`; of the document itself if it is empty.

    Raises BadFile, after the records before it.
    """
    with open_file(path) as (stream, position):
        text = JsonText(read_text(stream, encoding))
        parts = tuple(records.split(".")) if records else ()
        try:
            while text.peek():
                for line, values in _values(text, parts):
                    position.line = line
                    yield LineRecord(line, values if isinstance(values, dict) else BadLine("is not a JSON object"))
        except BrokenDocument as problem:
            raise BadFile(
                f"{path}:{text.line}", f"is not valid JSON from here on: {problem}; export it again"
            ) from None


def _values(text: JsonText, parts: Sequence[str]) -> Iterator[tuple[int, Any]]:
    """Yield the values of the array under these keys, and go past the whole value that begins next."""
    sign = text.peek()
    if sign == "[" and not parts:
        yield from text.array()
    elif sign == "{" and parts:
        for key in text.members():
            if key == parts[0]:
                yield from _values(text, parts[1:])
            else:
                _skip_value(text)
    else:
        line, value = text.line, text.value()
        # Whatever stands where records are expected is one, and refused if it cannot be.
        if not parts:
            yield line, value


def _skip_value(text: JsonText) -> None:
    if text.peek() == "[":
        for _ in text.array():
            pass
    else:
        text.value()


def find_records(head: str, columns: ColumnMap, *, by_lines: bool) -> str | None:
    """Return the dotted path to the records of a document by its beginning; None where each line is a record.

    `by_lines`: the name of the file says that each line is one.
    """
    lines = [line for line in head.splitlines() if line.strip()]
    if not lines or not lines[0].lstrip().startswith(("[", "{")):
        return None if by_lines or not lines else ""
    first = _parse(lines[0])
    if len(lines) > 1 and (isinstance(first, dict) or (by_lines and has_object(lines[1:]))):
        return _wrapper(lines[0], WRAPPERS, columns)
    if lines[0].lstrip().startswith("["):
        return ""
    if isinstance(first, dict) or (by_lines and not isinstance(_parse(head), dict)):
        return _wrapper(head, None, columns)
    return _wrapper(head, None, columns) or ""


def _wrapper(text: str, names: Sequence[str] | None, columns: ColumnMap) -> str | None:
    """Return the path to the array of records in an object; None where it is a record itself."""
    value = _parse(text)
    if isinstance(value, dict) and any(field in columns.fields_of(value) for field in columns.required):
        return None
    arrays = list(_arrays(JsonText([text]), ()))
    usual = [name for name in arrays if name.rpartition(".")[2] in WRAPPERS]
    # The beginning of a large document ends inside its largest array.
    return next(iter(usual if names or usual else arrays[-1:]), None)


def _parse(text: str) -> Any:
    try:
        return DECODER.decode(text.strip())
    except (ValueError, RecursionError):
        return None


def has_object(lines: Sequence[str]) -> bool:
    """Return whether one of the first lines is a JSON object."""
    return any(isinstance(_parse(line), dict) for line in lines[:MAX_LINES])


def _arrays(text: JsonText, path: tuple[str, ...]) -> Iterator[str]:
    """Yield the dotted paths of the arrays of objects in an object, as far as its text goes."""
    try:
        for key in text.members():
            if text.peek() == "{" and len(path) < MAX_DEPTH:
                yield from _arrays(text, (*path, key))
            elif text.peek() == "[":
                yield from _array_path(text, (*path, key))
            else:
                text.value()
    except BrokenDocument:
        return


def _array_path(text: JsonText, path: tuple[str, ...]) -> Iterator[str]:
    is_empty = True
    for _, value in text.array():
        if is_empty and isinstance(value, dict):
            yield ".".join(path)
        is_empty = False
    if is_empty and path[-1] in WRAPPERS:
        yield ".".join(path)
