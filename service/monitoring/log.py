"""Logging: JSON lines for machines, readable lines on a terminal."""

import logging
import math
import sys
from collections import Counter
from collections.abc import MutableMapping
from pathlib import Path
from textwrap import indent
from time import monotonic
from traceback import extract_tb
from typing import Any, Literal

import orjson
import structlog
from structlog.tracebacks import ExceptionDictTransformer

from service.analysis.printable import printable, printable_lines

SCHEDULER = "apscheduler"
WINDOW_SECONDS = 60.0
PER_KIND, PER_LIBRARY = 5, 60
MAX_KIND = 200
PLACES = 5
NEWLINE = "\n"


def configure(form: Literal["auto", "json", "console"], level: str, *, tracebacks: bool = False) -> None:
    """Set up logging to standard error. `auto` is console on a terminal, else JSON.

    Without `tracebacks` an exception is told by its class, its text and the places of the code that it went through.
    """
    console = form == "console" or (form == "auto" and sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([] if tracebacks else [_name_exception]),
            *(_console() if console else _json()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr)
        if console
        else structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=False,
    )
    # The scheduler warns each time that it skips a job which still runs. A long first pull is no reason to worry.
    logging.getLogger(SCHEDULER).setLevel(logging.ERROR)
    logging.basicConfig(handlers=[_Forward()], level=logging.WARNING, force=True)


def _console() -> list[Any]:
    # Rich tracebacks print local variables, among them tokens and texts of tickets. The same holds for JSON below.
    formatter = structlog.dev.plain_traceback
    renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=formatter)
    return [structlog.processors.format_exc_info, _clean, renderer]


def _json() -> list[Any]:
    return [
        structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
        _clean,
        structlog.processors.JSONRenderer(serializer=lambda event, **_: orjson.dumps(event, default=str)),
    ]


def _name_exception(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace an exception by its class, its text and the last places of the code that it went through."""
    info = event.pop("exc_info", None)
    error = sys.exc_info()[1] if info is True else info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        frames = extract_tb(error.__traceback__)[-PLACES:]
        places = [f"{'/'.join(Path(frame.filename).parts[-3:])}:{frame.lineno}" for frame in frames]
        event["error"] = f"{type(error).__name__}: {error}"
        event["places"] = ", ".join(places)
    return event


def _clean(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Make the words of systems and tickets safe for the terminal that shows the log."""
    return {name: _safe(value, name) for name, value in event.items()}


def _safe(value: Any, name: str = "") -> Any:
    match value:
        case str() if name == "exception":
            # Indented, so that no line of an error's own text looks like a line of the log.
            return indent(printable_lines(value), "    ")
        case str():
            return printable(value)
        case dict():
            return {key: _safe(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_safe(inner) for inner in value]
        case _ if isinstance(value, bool | int | float | None):
            return value
        case _:
            return printable(str(value))


class _Forward(logging.Handler):
    """A handler that forwards the log records of libraries, so that all lines have one format.

    In each minute it leaves out the records of a kind, and of a library, beyond the first ones. The first record after
    that minute brings a line with their number.
    """

    def __init__(self) -> None:
        super().__init__()
        self._begin = -math.inf
        self._written: Counter[str] = Counter()
        self._left_out: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        self._begin_window()
        # By the text before its values are filled in, where the library leaves that to logging, and its first line.
        kind = f"{record.name}: {str(record.msg).partition(NEWLINE)[0][:MAX_KIND]}"
        if self._written[record.name] >= PER_LIBRARY or self._written[kind] >= PER_KIND:
            # Of a library with ever new texts only their number is kept.
            self._left_out[kind if kind in self._written else record.name] += 1
            return
        self._written.update((record.name, kind))
        write = structlog.get_logger().bind(logger=record.name).log
        write(record.levelno, record.getMessage(), exc_info=record.exc_info)

    def _begin_window(self) -> None:
        now = monotonic()
        if now < self._begin + WINDOW_SECONDS:
            return
        for kind, lines in self._left_out.items():
            structlog.get_logger().warning("lines left out", lines=lines, like=kind)
        self._begin = now
        self._written.clear()
        self._left_out.clear()
