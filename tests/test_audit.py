"""The audit of the dependencies, with a pip-audit that answers as it does in each case."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

AUDIT = runpy.run_path(str(Path(__file__).parents[1] / ".ci" / "audit.py"))["audit"]
FINE = {"name": "a", "version": "1", "vulns": []}
SKIPPED = {"name": "b", "skip_reason": "Dependency not found on PyPI and could not be audited: b (1)"}
VULNERABLE = {"name": "c", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}


def program(tmp_path: Path, *dependencies: dict[str, Any], answers: bool = True) -> Path:
    answer = json.dumps({"dependencies": dependencies}) if answers else ""
    file = tmp_path / "pip-audit"
    file.write_text(f"#!/bin/sh\necho '{answer}'\necho 'Name or service not known' >&2\nexit {0 if answers else 1}\n")
    file.chmod(0o755)
    return file


@pytest.mark.parametrize(
    ("dependencies", "code", "words"),
    [
        ([FINE], 0, "1 dependencies, none with a vulnerability known to pypi"),
        ([FINE, VULNERABLE], 1, "c 1: PYSEC-1, fixed in 2"),
        ([SKIPPED, VULNERABLE], 1, "c 1: PYSEC-1, fixed in 2"),
        ([FINE, SKIPPED], 75, "1 of 2 not looked up"),
        ([], 75, "NOT AUDITED"),
    ],
)
def test_only_what_was_looked_up_is_without_vulnerabilities(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], dependencies: list[dict[str, Any]], code: int, words: str
) -> None:
    assert AUDIT(program(tmp_path, *dependencies)) == code
    assert words in capsys.readouterr().out


def test_a_service_out_of_reach_is_named_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert AUDIT(program(tmp_path, answers=False)) == 75
    output = capsys.readouterr().out
    assert "pypi: Name or service not known" in output
    assert "osv: Name or service not known" in output
