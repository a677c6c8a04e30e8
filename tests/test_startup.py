"""Commands load what they use, and nothing else: each library below costs a tenth of a second and more."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

# The formats of numbers are light; what computes with the tickets is not.
ANALYSIS = ("numpy", "scipy", "sklearn", "service.analysis.classify", "service.analysis.formulas", "service.pipeline")
SERVICE = (
    "apscheduler", "apprise", "fastapi", "jinja2", "prometheus_client", "starlette", "uvicorn",
    "service.notify", "service.report", "service.web",
)  # fmt: skip
STORE = ("alembic", "pyarrow", "sqlmodel", "weasyprint")
LIBRARIES = ("httpx", "pydantic_settings", "sqlalchemy", "structlog")
UNUSED = {
    "version": (*ANALYSIS, *SERVICE, *STORE, *LIBRARIES, "config", "connectors.base", "rich"),
    "--help": (*ANALYSIS, *SERVICE, *STORE, *LIBRARIES, "config", "connectors"),
    "connectors": (*ANALYSIS, *SERVICE, *STORE, *LIBRARIES, "config", "connectors.base", "rich"),
    "settings": (*ANALYSIS, *SERVICE, *STORE, *LIBRARIES),
    "check": (*ANALYSIS, *SERVICE, *STORE),
}
PRINT_MODULES = """
import json, sys
from service.__main__ import main
try:
    main()
finally:
    print("\\n" + json.dumps(sorted(sys.modules)))
"""


def run(folder: Path, *arguments: str, **environ: str) -> tuple[int, set[str]]:
    """Return (the exit code, the modules that were loaded in the end) of a command in a process of its own."""
    settings = {f"TREADMILL_{name}": value for name, value in environ.items()}
    others = {name: value for name, value in os.environ.items() if not name.startswith("TREADMILL_")}
    done = subprocess.run(
        [sys.executable, "-c", PRINT_MODULES, *arguments],
        cwd=folder, env=others | settings, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, set(json.loads(done.stdout.splitlines()[-1]))


def loaded(modules: set[str], names: tuple[str, ...]) -> list[str]:
    return [name for name in names if name in modules or any(module.startswith(f"{name}.") for module in modules)]


@pytest.fixture
def file_source(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "tickets.jsonl").write_text('{"id": "1", "opened_at": "2026-03-02T09:00:00Z"}\n')
    return {"SOURCES__ARCHIVE__CONNECTOR": "file", "SOURCES__ARCHIVE__PATH": str(tmp_path / "tickets.jsonl")}


@pytest.mark.parametrize("command", UNUSED)
def test_a_command_loads_only_what_it_uses(tmp_path: Path, file_source: dict[str, str], command: str) -> None:
    code, modules = run(tmp_path, command, **file_source)
    assert code == 0
    assert loaded(modules, UNUSED[command]) == []


@pytest.mark.parametrize(
    ("connector", "login"), [("jira", {"TOKEN": "t"}), ("servicenow", {"USER": "u", "PASSWORD": "p"})]
)
def test_the_check_of_a_system_loads_only_what_it_uses(tmp_path: Path, connector: str, login: dict[str, str]) -> None:
    source = {"URL": "http://127.0.0.1:1", "TIMEOUT": "1", **login}
    settings = {f"SOURCES__{connector}__{name}": value for name, value in source.items()}
    code, modules = run(tmp_path, "check", **settings)
    assert code == 1, "nothing listens there"
    # stamina counts retries for Prometheus, and loads its client at the first one.
    assert set(loaded(modules, UNUSED["check"])) <= {"prometheus_client"}


def test_files_are_inspected_without_what_stores_and_analyses(tmp_path: Path, file_source: dict[str, str]) -> None:
    code, modules = run(tmp_path, "inspect", file_source["SOURCES__ARCHIVE__PATH"])
    assert code == 0
    assert loaded(modules, (*ANALYSIS, *SERVICE, *STORE, "httpx", "sqlalchemy")) == []


def test_a_wrong_setting_is_reported_without_loading_more(tmp_path: Path) -> None:
    code, modules = run(tmp_path, "check", TIMEZONE="Mars/Olympus")
    assert code == 2
    assert loaded(modules, (*UNUSED["check"], "sqlalchemy.orm")) == []
