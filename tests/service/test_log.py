"""What libraries log."""

import json
import logging
from collections.abc import Iterator

import pytest

from treadmill.service import log


@pytest.fixture(autouse=True)
def _own_handlers() -> Iterator[None]:
    before = logging.getLogger().handlers[:]
    yield
    logging.getLogger().handlers[:] = before


def test_what_a_library_says_becomes_a_line_of_ours(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    log.configure("json", "info")
    logging.getLogger("apscheduler.scheduler").warning("job %s skipped", "sync jira")
    line = json.loads(capfdbinary.readouterr().err)
    assert (line["event"], line["logger"], line["level"]) == (
        "job sync jira skipped",
        "apscheduler.scheduler",
        "warning",
    )
