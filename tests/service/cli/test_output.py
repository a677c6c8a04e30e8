"""Text of strangers on its way to a terminal."""

from dataclasses import replace

import pytest

from connectors.errors import ConnectorError
from connectors.model import Account, Refusal
from service.cli import output
from service.cli.exit_codes import report_error
from service.cli.progress import as_text
from service.monitoring import check
from service.monitoring.check import CheckResult
from service.report.export_formats import ExportError
from service.sync.run import Run
from tests.factory import START
from tests.service.analysis.test_printable import FORGED

CONTROLS = ("\x1b", "\x07", "\r", "\nfake")


def controls(text: str) -> list[str]:
    return [control for control in CONTROLS if control in text]


def test_the_result_of_a_run_is_one_line_for_each_part() -> None:
    run = Run("h", "sync", START, outcome="failed", reason=FORGED, remedy=FORGED)
    run.refusals = [Refusal(place=FORGED, reason=FORGED)]
    assert controls(as_text([run])) == []
    assert len(as_text([run]).split("\n")) == 4


def test_an_error_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    for error in (ExportError(FORGED), ValueError(FORGED), OSError(5, FORGED, FORGED), ConnectorError(FORGED)):
        report_error(error)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4
    assert controls("\n".join(lines)) == []


def test_a_check_is_one_line_for_each_part() -> None:
    account = Account(system=FORGED, user=FORGED, time_zone=FORGED, missing=(FORGED,), notes=(FORGED,))
    passed = CheckResult("h", is_ok=True, text=FORGED, account=account)
    for result in (passed, replace(passed, is_ok=False, remedy=FORGED), replace(passed, account=None)):
        assert controls(check.as_text(result)) == []


def test_printed_json_has_no_control_character(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_json({"reason": f"{FORGED}\x9b31m"})
    assert controls(capsys.readouterr().out) == []
