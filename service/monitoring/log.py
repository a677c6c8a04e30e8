"""Logging: JSON lines for machines, readable lines on a terminal."""

import logging
import sys
from collections.abc import MutableMapping
from textwrap import indent
from typing import Any, Literal

import orjson
import structlog
from structlog.tracebacks import ExceptionDictTransformer

from service.analysis.printable import printable, printable_lines

SCHEDULER = "apscheduler"


def configure(form: Literal["auto", "json", "console"], level: str) -> None:
    """Set up logging to standard error. `auto` is console on a terminal, else JSON."""
    console = form == "console" or (form == "auto" and sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
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
    """A handler that forwards the log records of libraries, so that all lines have one format."""

    def emit(self, record: logging.LogRecord) -> None:
        write = structlog.get_logger().bind(logger=record.name).log
        write(record.levelno, record.getMessage(), exc_info=record.exc_info)
