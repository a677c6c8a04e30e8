"""The output of commands, and the form of their JSON."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import orjson
import typer


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
    typer.echo(as_json_bytes(value), nl=False)
