"""Every dependency is imported, and everything that is imported is a dependency."""

import ast
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOADED_INDIRECTLY = {
    "sniffio": "httpcore looks for it at every request, and a failed search costs more than the request",
    "tzdata": "zoneinfo reads it where the system has no time zones, as slim images",
}
COMES_WITH = {"pydantic-core": "pydantic pins it exactly; it has the type of pydantic's errors"}


def normalize(name: str) -> str:
    """Return the name of a distribution as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def distributions(requirements: list[str]) -> set[str]:
    """Return the names of requirements, without versions and extras."""
    return {normalize(match[0]) for text in requirements if (match := re.match(r"[\w.-]+", text))}


DEPENDENCIES = distributions(PROJECT["dependencies"])
OPTIONAL = {name for extra in PROJECT["optional-dependencies"].values() for name in distributions(extra)}


def imports(tree: ast.AST) -> Iterator[str]:
    """Yield every module that is imported, also by `import_module("name")`."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module)):
                yield module
            case ast.Call(func=function, args=[ast.Constant(value=str(module)), *_]):
                if ast.unparse(function).endswith("import_module"):
                    yield module


@pytest.fixture(scope="module")
def imported() -> set[str]:
    """Return the distributions of all modules that the three packages import."""
    files = [file for package in ("config", "connectors", "service") for file in (ROOT / package).rglob("*.py")]
    modules = {module.partition(".")[0] for file in files for module in imports(ast.parse(file.read_text()))}
    owners = packages_distributions()
    return {normalize(owner) for module in modules for owner in owners.get(module, [])} - {"treadmill"}


def test_every_dependency_is_imported(imported: set[str]) -> None:
    assert (DEPENDENCIES | OPTIONAL) - imported - LOADED_INDIRECTLY.keys() == set()


def test_everything_imported_is_a_dependency(imported: set[str]) -> None:
    assert imported - DEPENDENCIES - OPTIONAL - COMES_WITH.keys() == set()


def test_no_exception_is_left_over(imported: set[str]) -> None:
    assert LOADED_INDIRECTLY.keys() <= DEPENDENCIES - imported
    assert COMES_WITH.keys() <= imported - DEPENDENCIES


def test_the_lowest_versions_are_those_of_the_bounds() -> None:
    """`make lock` writes them; tests of access at other versions would prove nothing of the bounds."""
    bounds = {Requirement(text).name: Requirement(text).specifier for text in PROJECT["dependencies"]}
    lowest = {
        name: min(Version(part.version) for part in parts if part.operator == ">=") for name, parts in bounds.items()
    }
    lines = re.findall(r"^([\w-]+)==([^\s;]+)", (ROOT / "requirements-lowest.lock").read_text("utf-8"), re.MULTILINE)
    assert lowest.items() <= {name: Version(version) for name, version in lines}.items()
