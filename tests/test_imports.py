"""Directions of imports: every import between two rooms that the architecture does not allow fails the linter."""

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import grimp
import pytest
from importlinter import Contract, configuration
from importlinter.contracts.acyclic_siblings import AcyclicSiblingsContract
from importlinter.contracts.layers import LayersContract
from importlinter.contracts.protected import ProtectedContract

ROOT = Path(__file__).parents[1]
PACKAGES = ("config", "connectors", "service")
TYPES: Mapping[str, type[Contract]] = {
    "layers": LayersContract,
    "protected": ProtectedContract,
    "acyclic_siblings": AcyclicSiblingsContract,
}
RECORDS = {
    "connectors.errors", "connectors.model", "connectors.omissions", "connectors.relations", "connectors.texts",
    "connectors.unknowns",
}  # fmt: skip
VOCABULARY = {"connectors.phrases", "connectors.placeholders"}
CONTRACT = RECORDS | VOCABULARY | {"connectors.base", "connectors.drafts", "connectors.parsing"}
TOOLS = {
    "connectors.bodies", "connectors.bounds", "connectors.people", "connectors.responses", "connectors.retries",
    "connectors.streams", "connectors.words",
}  # fmt: skip
ALLOWED: Mapping[str, set[str]] = {
    "config.settings": {"config.advice"},
    "config.catalogue": {"config.advice", "config.settings"},
    "config.names": {"config.advice", "config.settings"},
    "config.environment": {"config.advice", "config.catalogue", "config.names", "config.settings"},
    "connectors.omissions": {"connectors.errors", "connectors.model"},
    "connectors.relations": {"connectors.errors", "connectors.model"},
    "connectors.texts": {"connectors.errors", "connectors.model"},
    "connectors.unknowns": {"connectors.errors", "connectors.model"},
    "connectors.base": RECORDS | VOCABULARY,
    "connectors.drafts": RECORDS | VOCABULARY,
    "connectors.parsing": RECORDS | VOCABULARY,
    "connectors.phrases": RECORDS,
    "connectors.placeholders": RECORDS | {"connectors.phrases"},
    "connectors.words": CONTRACT,
    "connectors.bodies": CONTRACT | {"connectors.words"},
    "connectors.bounds": CONTRACT | {"connectors.words"},
    "connectors.people": CONTRACT | {"connectors.words"},
    "connectors.responses": CONTRACT | {"connectors.words"},
    "connectors.retries": CONTRACT | {"connectors.words"},
    "connectors.streams": CONTRACT | {"connectors.words"},
    "connectors.http": CONTRACT | TOOLS,
    "connectors.states": CONTRACT | TOOLS,
    "connectors.conformance": CONTRACT | TOOLS | {"connectors.http", "connectors.states"},
    "connectors.registry": CONTRACT | TOOLS | {"connectors.http", "connectors.states"},
    "connectors.file": CONTRACT | TOOLS | {"connectors.http", "connectors.states"},
    "connectors.jira": CONTRACT | TOOLS | {"connectors.http", "connectors.states"},
    "connectors.servicenow": CONTRACT | TOOLS | {"connectors.http", "connectors.states"},
    "service.analysis": {"connectors.model"},
    "service.charts": {"service.analysis"},
    "service.store": {"connectors.model", "service.analysis"},
    "service.sync": {"connectors", "service.store"},
    "service.pipeline": {"config", "connectors.model", "service.analysis", "service.store"},
    "service.report": {"connectors.model", "service.analysis", "service.charts", "service.store"},
    "service.monitoring": {"connectors", "service.analysis", "service.store", "service.sync", "service.report"},
    "service.notify": {"config", "service.analysis", "service.store", "service.report", "service.monitoring"},
    "service.web": {
        "config", "connectors.model", "service.analysis", "service.charts", "service.store", "service.report",
        "service.monitoring", "service.pipeline",
    },
    "service.demo": {"connectors"},
    "service.runtime": {"config", "connectors", "service"},
    "service.cli": {"config", "connectors", "service"},
    "service.__main__": {"service.cli"},
}  # fmt: skip
"""The rooms that a room may import, as the architecture has it; a package stands for all of its rooms."""
FORBIDDEN_TO_ALL_ROOMS = {"service.runtime": {"service.cli", "service.__main__"}, "service.cli": {"service.__main__"}}
FACE = {
    "service.pipeline.analyst", "service.pipeline.audit_sample", "service.pipeline.corrections",
    "service.pipeline.explanation", "service.pipeline.likely_pairs", "service.pipeline.pair_answers",
}  # fmt: skip
"""What pages may use: they write labels, corrections, and answers about samples and pairs through it."""


def rooms() -> list[str]:
    """Return every module or package that stands directly in one of the three packages."""
    entries = (path for package in PACKAGES for path in (ROOT / package).iterdir())
    names = (path.relative_to(ROOT).with_suffix("") for path in entries if path.suffix == ".py" or path.is_dir())
    return sorted(".".join(name.parts) for name in names if not name.name.startswith("__") or name.name == "__main__")


def is_allowed(importer: str, imported: str) -> bool:
    """Return whether the architecture lets one room import another."""
    if imported in FORBIDDEN_TO_ALL_ROOMS.get(importer, ()):
        return False
    return bool({imported, imported.partition(".")[0]} & ALLOWED.get(importer, set()))


def forbidden_pairs() -> list[tuple[str, str]]:
    """Return every (importing room, imported room) that the architecture does not allow."""
    every = [(importer, imported) for importer in rooms() for imported in rooms() if importer != imported]
    return [pair for pair in every if not is_allowed(*pair)]


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """The imports of the tree as it stands."""
    return grimp.build_graph(*PACKAGES, cache_dir=None)


@pytest.fixture(scope="module")
def contracts() -> list[Contract]:
    """The contracts of pyproject.toml."""
    configuration.configure()
    options = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    session = {"root_packages": options["root_packages"]}
    return [
        TYPES[contract["type"]](name=contract["name"], session_options=session, contract_options=as_text(contract))
        for contract in options["contracts"]
    ]


def as_text(contract: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a contract as the linter reads them from TOML: true and false as text."""
    return {key: str(value) if isinstance(value, bool) else value for key, value in contract.items()}


def breaks(graph: grimp.ImportGraph, contracts: list[Contract]) -> bool:
    """Return whether a contract is broken."""
    for contract in contracts:
        # A contract takes the imports that it ignores out of the graph that it is given, so each one gets a copy.
        if not contract.check(deepcopy(graph), verbose=False).kept:
            # The next import of the same room mostly breaks the same one: it is asked first.
            contracts.remove(contract)
            contracts.insert(0, contract)
            return True
    return False


@contextmanager
def planted(graph: grimp.ImportGraph, importer: str, imported: str) -> Iterator[None]:
    """Add an import of one module by another, which must not exist yet, and take it out again."""
    assert not graph.direct_import_exists(importer=importer, imported=imported)
    graph.add_import(importer=importer, imported=imported, line_number=1, line_contents="planted")
    try:
        yield
    finally:
        graph.remove_import(importer=importer, imported=imported)


def module_in(graph: grimp.ImportGraph, room: str) -> str:
    """Return a module of a room: the room itself where it is a single file."""
    return min(graph.find_descendants(room) or {room})


def test_the_tree_keeps_every_contract(graph: grimp.ImportGraph, contracts: list[Contract]) -> None:
    assert [contract.name for contract in contracts if breaks(graph, [contract])] == []


def test_the_architecture_names_every_room() -> None:
    leaves = {"config.advice", "connectors.errors", "connectors.model"}
    assert ALLOWED.keys() | leaves == set(rooms())


@pytest.mark.parametrize("importer", rooms())
def test_every_forbidden_import_of_a_room_is_caught(
    graph: grimp.ImportGraph, contracts: list[Contract], importer: str
) -> None:
    missed = []
    for _, imported in (pair for pair in forbidden_pairs() if pair[0] == importer):
        with planted(graph, module_in(graph, importer), module_in(graph, imported)):
            missed += [] if breaks(graph, contracts) else [imported]
    assert missed == []


@pytest.mark.parametrize("importer", ["service.web.server", "service.notify.notifier", "service.report.document"])
def test_the_inside_of_the_pipeline_is_closed_to_whoever_reads(
    graph: grimp.ImportGraph, contracts: list[Contract], importer: str
) -> None:
    inside = graph.find_children("service.pipeline") - FACE
    assert inside
    for module in inside:
        with planted(graph, importer, module):
            assert breaks(graph, contracts), module


def test_a_cycle_inside_a_room_is_caught(graph: grimp.ImportGraph, contracts: list[Contract]) -> None:
    with planted(graph, "service.analysis.calendar", "service.analysis.wording"):
        assert breaks(graph, contracts)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_room_that_no_contract_lists_is_caught(
    graph: grimp.ImportGraph, contracts: list[Contract], package: str
) -> None:
    changed = deepcopy(graph)
    changed.add_module(f"{package}.attic")
    assert breaks(changed, contracts)


def test_the_linter_itself_fails_in_a_copy_of_the_tree_with_a_planted_import(tmp_path: Path) -> None:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    assert lint(tmp_path).returncode == 0
    with (tmp_path / "service" / "analysis" / "verdict.py").open("a", encoding="utf-8") as module:
        module.write("from service.store import database\n")
    failed = lint(tmp_path)
    assert failed.returncode == 1
    assert "service.analysis.verdict -> service.store.database" in failed.stdout


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the linter in a folder."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
