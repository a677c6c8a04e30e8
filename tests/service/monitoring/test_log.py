"""The log lines of libraries."""

import json
import logging
from collections.abc import Iterator

import pytest

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
