"""Where commands write, and JSON as they write it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import orjson
import typer


@contextmanager
def opened(output: Path | None) -> Iterator[BinaryIO]:
    """The file, or the standard output where none is named."""
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with output.open("wb") as file:
        yield file


def as_json_bytes(value: object) -> bytes:
    """A value as indented JSON."""
    return orjson.dumps(value, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def print_json(value: object) -> None:
    """Prints a value as JSON."""
    typer.echo(as_json_bytes(value), nl=False)
