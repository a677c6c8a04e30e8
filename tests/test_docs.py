"""The documents say what the code does: settings, commands, metrics, words and links."""

import re
import typing
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

import pytest
from prometheus_client.metrics import MetricWrapperBase
from typer.core import TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from config import catalogue
from config.catalogue import Variable
from config.environment import FILE_SUFFIX
from config.settings import Settings
from connectors import errors, model, registry
from service import cli
from service.analysis import cycles, fact, fixes, sentence
from service.analysis.catalogue import CATALOGUE
from service.cli.root import LazyCommand
from service.notify import notifier
from service.pipeline import analyst
from service.pipeline.rules import load_rules
from service.report import export_rows
from service.runtime.configuration import list_names
from service.store.results.cells import DIMENSIONS
from service.sync import metrics as telemetry
from service.sync import run
from service.web.html import definitions

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(
    page for page in ROOT.rglob("*.md") if not any(part.startswith(".") for part in page.relative_to(ROOT).parts)
)
OPERATIONS = "\n".join(page.read_text(encoding="utf-8") for page in sorted((DOCS / "operations").glob("*.md")))
DEFINITIONS, AUTHORS = (
    (DOCS / name).read_text(encoding="utf-8") for name in ("definitions.md", "connectors/authors.md")
)
SETTINGS = {name: registry.load_settings(name) for name in registry.installed()}
SOURCE_VARIABLES = {name: catalogue.source_variables(settings) for name, settings in SETTINGS.items()}
VARIABLES = [*catalogue.service_variables(), *chain.from_iterable(SOURCE_VARIABLES.values())]
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
NAMED_VARIABLE = re.compile(r"TREADMILL_[A-Z0-9_<>]*[A-Z0-9>]")
NAMED_PATH = re.compile(r"`((?:config|connectors|service|tests|benchmarks|docs|docker)/[^`\s]*)`")
NAMED_MODULE = re.compile(r"python -m ((?:benchmarks|tests)\.[a-z_.]+)")
PLACEHOLDER = re.compile(r"[A-Z]{4}|[<*]")
SOURCE_SETTING = re.compile(r"TREADMILL_SOURCES__(?:<NAME>|[A-Z0-9]+(?:_[A-Z0-9]+)*)__(\w+)")


def row(variable: Variable) -> str:
    """Return a variable as a row of the tables in operations/settings.md."""
    default = variable.default if variable.default in ("required", "unset") else f"`{variable.default}`"
    default = "empty" if default == "``" else default
    meaning = variable.meaning.replace("|", r"\|").replace("<", "&lt;")
    return f"| `{variable.name}` | {variable.type} | {default} | {meaning} |"


def commands(group: object, path: str = "treadmill") -> Iterator[tuple[str, set[str]]]:
    """Yield every command as it is typed, with its options; groups of commands are left out."""
    assert isinstance(group, TyperGroup)
    for name, entry in group.commands.items():
        command = entry.load() if isinstance(entry, LazyCommand) else entry
        if isinstance(command, TyperCommand):
            options = [parameter for parameter in command.params if isinstance(parameter, TyperOption)]
            yield f"{path} {name}", {word for option in options for word in (*option.opts, *option.secondary_opts)}
        else:
            yield from commands(command, f"{path} {name}")


def section(page: str, heading: str) -> str:
    """Return the text below the heading of the second level that begins with `heading`; empty where there is none."""
    match = re.search(rf"^## `{re.escape(heading)}[ `].*?(?=^##? |\Z)", page, re.DOTALL | re.MULTILINE)
    return match[0] if match else ""


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page, as GitHub makes them of headings."""
    headings = HEADING.findall(FENCE.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@cache
def source_settings() -> set[str]:
    """Return the last part of every variable that a source may have."""
    names = {"CONNECTOR"}
    for settings in SETTINGS.values():
        names |= {name.upper() for name in list_names(settings)}
    return names


def is_setting(name: str) -> bool:
    """Return whether a setting has this name, or settings begin with it."""
    plain = name.removesuffix(FILE_SUFFIX)
    if match := SOURCE_SETTING.fullmatch(plain):
        return match[1] in source_settings()
    variables = {variable.name for variable in catalogue.service_variables()}
    return bool({plain, name} & variables) or any(variable.startswith(f"{name}__") for variable in variables)


@pytest.mark.parametrize("name", [None, *SOURCE_VARIABLES])
def test_every_variable_stands_in_operations_as_the_settings_have_it(name: str | None) -> None:
    expected = catalogue.service_variables() if name is None else SOURCE_VARIABLES[name]
    missing = [row(variable) for variable in expected if row(variable) not in OPERATIONS.splitlines()]
    assert not missing, "these rows are missing in docs/operations/settings.md:\n" + "\n".join(missing)


def test_operations_has_no_rows_of_removed_settings() -> None:
    rows = [line for line in OPERATIONS.splitlines() if line.startswith("| `TREADMILL_") and line.count(" | ") == 3]
    expected = {*map(row, VARIABLES)}
    left = [line for line in rows if line not in expected]
    assert not left, "these rows of docs/operations/settings.md match no setting:\n" + "\n".join(left)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_names_a_setting_that_does_not_exist(page: Path) -> None:
    named = set(NAMED_VARIABLE.findall(page.read_text(encoding="utf-8")))
    assert [name for name in sorted(named) if not is_setting(name)] == []


@pytest.mark.parametrize("name", registry.installed())
def test_every_connector_has_a_page_that_names_its_settings(name: str) -> None:
    page = (DOCS / "connectors" / f"{name}.md").read_text(encoding="utf-8")
    shared = {variable for source in SOURCE_VARIABLES for variable in SOURCE_VARIABLES[source] if source != name}
    settings = [variable.name.rpartition("__")[2] for variable in SOURCE_VARIABLES[name] if variable not in shared]
    assert settings
    assert [setting for setting in settings if not re.search(rf"(?<![A-Z]){setting}\b", page)] == []


def test_every_command_and_option_stands_in_operations() -> None:
    options_of = dict(commands(get_command(cli.cli)))
    assert [path for path in options_of if not section(OPERATIONS, path)] == []
    missing = [
        f"{path} {option}"
        for path, options in options_of.items()
        for option in options
        if f"`{option}" not in section(OPERATIONS, path)
    ]
    assert missing == []
    assert f"`{cli.DEBUG}`" in OPERATIONS


def test_operations_has_no_removed_command_or_option() -> None:
    options_of = dict(commands(get_command(cli.cli)))
    headings = re.findall(r"^## `(treadmill[a-z ]+?)(?: \[.*)?`$", OPERATIONS, re.MULTILINE)
    assert sorted(headings) == sorted(options_of)
    for path, options in options_of.items():
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
        fact.WorkClass, fact.HoursAre, sentence.State, cycles.State, fixes.Outcome,
    ],
)  # fmt: skip
def test_every_word_stands_in_definitions(words: object) -> None:
    assert [word for word in typing.get_args(words) if f"`{word}`" not in DEFINITIONS] == []


def test_every_scope_cause_and_exported_field_stands_in_definitions() -> None:
    causes = typing.get_args(model.Gap.model_fields["cause"].annotation)
    scopes = [f"{name}:" for name in DIMENSIONS if name != "all"]
    fields = [
        *export_rows.TICKETS.names,
        *export_rows.METRICS.names,
        *export_rows.CYCLES.names,
        *export_rows.AUDIT.names,
    ]
    assert [word for word in ("all", *causes, *scopes, *fields) if f"`{word}`" not in DEFINITIONS] == []


def test_every_shipped_rule_stands_in_definitions_with_its_class_and_confidence() -> None:
    rules = load_rules(Settings()).structured
    assert len(rules) > 5
    rows = [rf"^\| `{re.escape(rule.name)}` .* `{rule.work_class}` \| {rule.confidence} \|$" for rule in rules]
    assert [row for row in rows if not re.search(row, DEFINITIONS, re.MULTILINE)] == []


def test_every_outcome_of_a_run_stands_in_operations() -> None:
    assert [word for word in typing.get_args(run.Outcome) if f"\n| `{word}` | " not in OPERATIONS] == []


def test_every_prometheus_metric_stands_in_operations_with_its_labels() -> None:
    metrics = [variable for variable in vars(telemetry).values() if isinstance(variable, MetricWrapperBase)]
    assert metrics
    for metric in metrics:
        [described] = metric.describe()
        name = described.name + ("_total" if described.type == "counter" else "")
        labels = ", ".join(f"`{label}`" for label in metric._labelnames)
        assert f"\n| `{name}` | {described.type} | {labels} | " in OPERATIONS


def test_every_error_stands_in_the_page_for_authors() -> None:
    raised = [variable.__name__ for variable in vars(errors).values() if isinstance(variable, type)]
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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_and_modules_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    paths = [path for path in NAMED_PATH.findall(text) if not PLACEHOLDER.search(path)]
    assert [path for path in paths if not (ROOT / path).exists()] == []
    modules = [module.replace(".", "/") for module in NAMED_MODULE.findall(text)]
    assert [module for module in modules if not (ROOT / f"{module}.py").exists()] == []


def test_lock_files_are_listed_in_the_operations_pages() -> None:
    literal = re.compile(r'\b(?:exclusive|write_alone)\("([a-z]+)"')
    sources = "\n".join(module.read_text(encoding="utf-8") for module in (ROOT / "service").rglob("*.py"))
    names = {*literal.findall(sources), analyst.LOCK, notifier.LOCK}
    assert names >= {"migrate", "worker"}
    assert [name for name in sorted(names) if f"`.{name}.lock`" not in OPERATIONS] == []


def test_the_readme_counts_the_metrics() -> None:
    assert f"**Measures** {len(CATALOGUE)} metrics" in (ROOT / "README.md").read_text()
