"""The log lines of libraries."""

import json
import logging
from collections.abc import Iterator
from typing import Literal

import pytest
import structlog

from service.monitoring import log


@pytest.fixture(autouse=True)
def _own_handlers() -> Iterator[None]:
    before = logging.getLogger().handlers[:]
    yield
    logging.getLogger().handlers[:] = before


def test_a_record_of_a_library_becomes_a_line_of_the_same_format(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    log.configure("json", "info")
    logging.getLogger("uvicorn.error").warning("port %s taken", 80)
    line = json.loads(capfdbinary.readouterr().err)
    assert (line["event"], line["logger"], line["level"]) == (
        "port 80 taken",
        "uvicorn.error",
        "warning",
    )


def test_jobs_that_the_scheduler_skips_are_not_logged(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    log.configure("json", "info")
    logging.getLogger("apscheduler.scheduler").warning("maximum number of running instances reached")
    assert capfdbinary.readouterr().err == b""


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_format_shows_control_characters_or_forged_lines(
    form: Literal["json", "console"], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    log.configure(form, "info")
    hostile = "\x1b[2J\x9b31m\u202elocked\n2026-11-26 [info] all is well"
    error = ValueError(hostile)
    structlog.get_logger().error(hostile, reason=hostile, nested={"texts": [hostile]}, problem=error, exc_info=error)
    logging.getLogger("uvicorn.error").warning("%s", hostile)
    output = capfdbinary.readouterr().err.decode()
    assert not [character for character in ("\x1b", "\x9b", "\u202e", "\\u001b", "\\x1b") if character in output]
    assert [line for line in output.splitlines() if line.startswith("2026-11-26 [info] all")] == []
    if form == "json":
        assert len(list(map(json.loads, output.splitlines()))) == 2


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize("tracebacks", [False, True])
def test_a_traceback_is_shown_only_where_it_is_asked_for(
    form: Literal["json", "console"], tracebacks: bool, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    log.configure(form, "info", tracebacks=tracebacks)
    try:
        dict[str, str]()["opened_at"]
    except KeyError as problem:
        structlog.get_logger().exception("a job failed")
        structlog.get_logger().error("a run failed", exc_info=problem)
        logging.getLogger("connectors.drafts").exception("a ticket failed")
    output = capfdbinary.readouterr().err.decode()
    assert (output.count("KeyError: 'opened_at'") == 3 and "test_log.py:" in output) or tracebacks
    shown = "Traceback" in output or '"frames"' in output
    assert shown == tracebacks


def test_the_same_record_of_a_library_is_written_a_few_times_a_minute(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(log, "monotonic", lambda: now[0])
    log.configure("json", "info")
    for port in range(2000):
        logging.getLogger("asyncio").error("socket.accept() out of system resource\nsocket: <socket %s>" % port)  # noqa: UP031
        logging.getLogger("uvicorn.error").warning("port %s taken", port)
    logging.getLogger("uvicorn.error").warning("another one")
    now[0] = log.WINDOW_SECONDS
    logging.getLogger("asyncio").error("socket.accept() out of system resource\nsocket: <socket>")
    lines = [json.loads(line) for line in capfdbinary.readouterr().err.splitlines()]
    assert len(lines) == 2 * log.PER_KIND + 1 + 2 + 1
    left_out = {line["like"]: line["lines"] for line in lines if line["event"] == "lines left out"}
    rest = 2000 - log.PER_KIND
    assert left_out == {
        "asyncio: socket.accept() out of system resource": rest,
        "uvicorn.error: port %s taken": rest,
    }


def test_a_library_with_ever_new_texts_is_limited_too(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    log.configure("json", "info")
    for number in range(1000):
        logging.getLogger("library").warning(f"text {number}")
    assert len(capfdbinary.readouterr().err.splitlines()) == log.PER_LIBRARY


def test_events_of_our_own_are_never_left_out(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    log.configure("json", "info")
    for number in range(100):
        structlog.get_logger().warning("run ended", run=number)
    assert len(capfdbinary.readouterr().err.splitlines()) == 100
