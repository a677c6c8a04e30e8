"""The documents say what the code does: settings, commands, metrics, words, links, and the example for authors."""

import os
import re
import subprocess
import sys
import typing
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from prometheus_client.metrics import MetricWrapperBase
from typer.core import TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from config import catalogue
from config.catalogue import Variable
from config.environment import FROM_FILE
from config.settings import Settings
from connectors import errors, model, registry
from service import cli
from service.analysis import cycles, fact, fixes, verdict
from service.analysis.metrics import CATALOGUE
from service.pipeline.analyst import rules_of
from service.report import export_rows
from service.runtime import app
from service.store.results.cells import DIMENSIONS
from service.sync import metrics as telemetry
from service.sync import run
from service.web.html import definitions

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(
    page for page in ROOT.rglob("*.md") if not any(part.startswith(".") for part in page.relative_to(ROOT).parts)
)
OPERATIONS, DEFINITIONS, AUTHORS = (
    (DOCS / name).read_text(encoding="utf-8") for name in ("operations.md", "definitions.md", "connectors/authors.md")
)
OF_SOURCES = {name: catalogue.of_source(settings) for name, settings in app.connector_settings().items()}
VARIABLES = [*catalogue.of_service(), *(variable for found in OF_SOURCES.values() for variable in found)]
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
NAMED_VARIABLE = re.compile(r"TREADMILL_[A-Z0-9_<>]*[A-Z0-9>]")
SOURCE_VARIABLE = re.compile(r"TREADMILL_SOURCES__(?:<NAME>|[A-Z0-9]+)__(\w+)")
FILE_IN_AUTHORS = re.compile(r"^`([\w.]+)`:\n\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def row(variable: Variable) -> str:
    """A variable as a row of the tables in operations.md."""
    default = variable.default if variable.default in ("required", "unset") else f"`{variable.default}`"
    default = "empty" if default == "``" else default
    meaning = variable.meaning.replace("|", r"\|").replace("<", "&lt;")
    return f"| `{variable.name}` | {variable.type} | {default} | {meaning} |"


def commands(group: object, path: str = "treadmill") -> Iterator[tuple[str, set[str]]]:
    """Every command that does something, as it is typed, with its options."""
    assert isinstance(group, TyperGroup)
    for name, command in group.commands.items():
        if isinstance(command, TyperCommand):
            options = [parameter for parameter in command.params if isinstance(parameter, TyperOption)]
            yield f"{path} {name}", {word for option in options for word in (*option.opts, *option.secondary_opts)}
        else:
            yield from commands(command, f"{path} {name}")


def section(page: str, heading: str) -> str:
    """What stands below a heading of the third level that begins with these words; empty where there is none."""
    found = re.search(rf"^### `{re.escape(heading)}[ `].*?(?=^##|\Z)", page, re.DOTALL | re.MULTILINE)
    return found[0] if found else ""


def anchors(page: Path) -> set[str]:
    """The places of a page that a link may name, as GitHub makes them of headings."""
    headings = HEADING.findall(FENCE.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@cache
def known_in_sources() -> set[str]:
    """The last part of every variable that a source may have."""
    names = {"CONNECTOR"}
    for settings in app.connector_settings().values():
        names |= {name.upper() for name in app.names_of(settings)}
    return names


def is_known(name: str) -> bool:
    """Whether there is such a setting, or settings that begin so."""
    plain = name.removesuffix(FROM_FILE)
    if found := SOURCE_VARIABLE.fullmatch(plain):
        return found[1] in known_in_sources()
    own = [variable.name for variable in catalogue.of_service()]
    return bool({plain, name} & {*own}) or any(one.startswith(f"{name}__") for one in own)


@pytest.mark.parametrize("name", [None, *OF_SOURCES])
def test_every_variable_stands_in_operations_as_the_settings_have_it(name: str | None) -> None:
    wanted = catalogue.of_service() if name is None else OF_SOURCES[name]
    missing = [row(variable) for variable in wanted if row(variable) not in OPERATIONS.splitlines()]
    assert not missing, "these rows are missing in docs/operations.md:\n" + "\n".join(missing)


def test_operations_has_no_rows_of_settings_that_are_gone() -> None:
    rows = [line for line in OPERATIONS.splitlines() if line.startswith("| `TREADMILL_") and line.count(" | ") == 3]
    known = {*map(row, VARIABLES)}
    left = [line for line in rows if line not in known]
    assert not left, "these rows of docs/operations.md match no setting:\n" + "\n".join(left)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_names_a_setting_that_does_not_exist(page: Path) -> None:
    named = set(NAMED_VARIABLE.findall(page.read_text(encoding="utf-8")))
    assert [name for name in sorted(named) if not is_known(name)] == []


@pytest.mark.parametrize("name", registry.installed())
def test_every_connector_has_a_page_that_names_its_own_settings(name: str) -> None:
    page = (DOCS / "connectors" / f"{name}.md").read_text(encoding="utf-8")
    shared = {variable for found in OF_SOURCES for variable in OF_SOURCES[found] if found != name}
    own = [variable.name.rpartition("__")[2] for variable in OF_SOURCES[name] if variable not in shared]
    assert own
    assert [setting for setting in own if not re.search(rf"(?<![A-Z]){setting}\b", page)] == []


def test_every_command_and_option_stands_in_operations() -> None:
    found = dict(commands(get_command(cli.cli)))
    assert [path for path in found if not section(OPERATIONS, path)] == []
    missing = [
        f"{path} {option}"
        for path, options in found.items()
        for option in options
        if f"`{option}" not in section(OPERATIONS, path)
    ]
    assert missing == []
    assert f"`{cli.DEBUG}`" in OPERATIONS


def test_operations_has_no_command_or_option_that_is_gone() -> None:
    found = dict(commands(get_command(cli.cli)))
    headings = re.findall(r"^### `(treadmill[a-z ]+?)(?: \[.*)?`$", OPERATIONS, re.MULTILINE)
    assert sorted(headings) == sorted(found)
    for path, options in found.items():
        assert set(re.findall(r"^\| `(--[a-z-]+)", section(OPERATIONS, path), re.MULTILINE)) <= options, path


@pytest.mark.parametrize("code", [0, cli.FAILED, cli.WRONG_USE, cli.PARTLY])
def test_every_exit_code_stands_in_operations(code: int) -> None:
    assert f"\n| {code} | " in OPERATIONS


def test_the_page_shows_the_definitions_of_this_document() -> None:
    assert definitions.document() == DEFINITIONS


def test_every_metric_stands_in_definitions() -> None:
    assert len(CATALOGUE) > 20
    assert [metric.id for metric in CATALOGUE if f"\n| `{metric.id}` | " not in DEFINITIONS] == []


@pytest.mark.parametrize(
    "words",
    [
        model.Kind, model.StatusCategory, model.HistoryIs, model.TransitionField, model.Relation, fact.Nature,
        fact.WorkClass, fact.HoursAre, verdict.State, cycles.State, fixes.Outcome,
    ],
)  # fmt: skip
def test_every_word_stands_in_definitions(words: object) -> None:
    assert [word for word in typing.get_args(words) if f"`{word}`" not in DEFINITIONS] == []


def test_every_scope_cause_and_exported_field_stands_in_definitions() -> None:
    causes = typing.get_args(model.Gap.model_fields["cause"].annotation)
    scopes = [f"{name}:" for name in DIMENSIONS if name != "all"]
    fields = [*export_rows.TICKETS.names, *export_rows.METRICS.names, *export_rows.CYCLES.names]
    assert [word for word in ("all", *causes, *scopes, *fields) if f"`{word}`" not in DEFINITIONS] == []


def test_every_shipped_rule_stands_in_definitions_with_its_class_and_confidence() -> None:
    rules = rules_of(Settings()).structured
    assert len(rules) > 5
    rows = [rf"^\| `{re.escape(one.name)}` .* `{one.work_class}` \| {one.confidence} \|$" for one in rules]
    assert [row for row in rows if not re.search(row, DEFINITIONS, re.MULTILINE)] == []


def test_every_outcome_of_a_run_stands_in_operations() -> None:
    assert [word for word in typing.get_args(run.Outcome) if f"\n| `{word}` | " not in OPERATIONS] == []


def test_every_prometheus_metric_stands_in_operations_with_its_labels() -> None:
    metrics = [found for found in vars(telemetry).values() if isinstance(found, MetricWrapperBase)]
    assert metrics
    for metric in metrics:
        [described] = metric.describe()
        name = described.name + ("_total" if described.type == "counter" else "")
        labels = ", ".join(f"`{label}`" for label in metric._labelnames)
        assert f"\n| `{name}` | {described.type} | {labels} | " in OPERATIONS


def test_every_error_stands_in_the_page_for_authors() -> None:
    raised = [found.__name__ for found in vars(errors).values() if isinstance(found, type)]
    bases = {errors.ConnectorError.__name__, errors.NeedsOperator.__name__}
    assert [name for name in raised if name not in bases and f"`{name}`" not in AUTHORS] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_resolve(page: Path) -> None:
    for link in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if "://" in link or link.startswith("mailto:"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The author's package as the page has it."""
    files = FILE_IN_AUTHORS.findall(AUTHORS)
    assert [name for name, _ in files] == ["pyproject.toml", "treadmill_deskline.py", "test_treadmill_deskline.py"]
    for name, content in files:
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


def python(folder: Path, *arguments: str, **environ: str) -> str:
    """What a Python of its own prints, begun in this folder."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=os.environ | environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_example_for_authors_conforms(example: Path) -> None:
    said = python(example, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "-p", "no:xdist")
    assert re.search(r"^\d+ passed, 1 skipped", said, re.MULTILINE), said


def test_the_example_for_authors_is_a_package_that_treadmill_finds(example: Path) -> None:
    python(example, "-m", "hatchling", "build", "-t", "wheel", "-d", "out")
    [wheel] = example.glob("out/*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(example / "site")
    begin = "from service.cli import main; main()"
    installed = {"PYTHONPATH": str(example / "site")}
    assert "treadmill_deskline:DesklineConnector" in python(example, "-c", begin, "connectors", **installed)
    assert "API token of an account that may read." in python(example, "-c", begin, "settings", **installed)
