"""Logs: JSON lines for machines, readable lines on a terminal; never a value of a local variable."""

import logging
import sys
from typing import Any, Literal

import orjson
import structlog
from structlog.tracebacks import ExceptionDictTransformer

SKIPPED_TURNS = "apscheduler"


def configure(form: Literal["auto", "json", "console"], level: str) -> None:
    """Sets up logging to standard error. `auto` is console on a terminal, else JSON."""
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
    logging.getLogger(SKIPPED_TURNS).setLevel(logging.ERROR)
    logging.basicConfig(handlers=[_Forward()], level=logging.WARNING, force=True)


def _console() -> list[Any]:
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]


def _json() -> list[Any]:
    without_locals = ExceptionDictTransformer(show_locals=False)
    return [
        structlog.processors.ExceptionRenderer(without_locals),
        structlog.processors.JSONRenderer(serializer=lambda event, **_: orjson.dumps(event, default=str)),
    ]


class _Forward(logging.Handler):
    """Hands what libraries log over to our own log, so that there is one form."""

    def emit(self, record: logging.LogRecord) -> None:
        write = structlog.get_logger().bind(logger=record.name).log
        write(record.levelno, record.getMessage(), exc_info=record.exc_info)
