"""The output of commands, and the form of their JSON."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import orjson
import typer

from service.analysis.printable import escape_controls, printable, printable_lines


@contextmanager
def open_output(path: Path | None) -> Iterator[BinaryIO]:
    """Yield the file, or the standard output for None."""
    if path is None:
        yield sys.stdout.buffer
        # Here, where the error of a closed pipe is still handled; at exit Python would print a traceback.
        sys.stdout.buffer.flush()
        return
    with path.open("wb") as file:
        yield file


def as_json_bytes(value: object) -> bytes:
    """Return a value as indented JSON."""
    return orjson.dumps(value, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def print_json(value: object) -> None:
    """Print a value as JSON."""
    typer.echo(escape_controls(as_json_bytes(value).decode()), nl=False)


def print_lines(lines: Iterable[str], none: str) -> None:
    """Print lines that hold words of tickets and systems, each as one line; without lines print `none`."""
    print_text("\n".join(map(printable, lines)) or none)


def print_text(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print lines of text, which may hold words of tickets and systems, to a terminal or a file."""
    typer.echo(printable_lines(text), err=err, nl=nl)
