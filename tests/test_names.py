"""Names and docstrings: one name for one class, no empty words, and docstrings that read as a reference."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("config", "connectors", "service", "tests", "benchmarks")
EMPTY_WORDS = {
    "found", "one", "told", "said", "own", "known", "some", "here", "wanted", "fresh", "asked", "other",
}  # fmt: skip
JSON_KEYS = {("service/report/sections/groups.py", "one"), ("service/web/api/models/tickets.py", "told")}
"""Names that clients of the report and the API read."""
OPENINGS = {"what", "whether", "who", "of", "as", "how", "when", "where", "why", "which"}
"""Words that begin a docstring which describes around a thing instead of naming it."""
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@cache
def trees() -> dict[str, ast.Module]:
    """Return the syntax tree of every module by its path."""
    paths = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def bound_names(tree: ast.Module) -> Iterator[str]:
    """Yield every name that a module gives to a variable, an argument, a function or a class."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, Definition):
            yield node.name


def first_lines(tree: ast.Module) -> Iterator[str]:
    """Yield the first line of every docstring of a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | Definition) and (docstring := ast.get_docstring(node)):
            yield docstring.splitlines()[0]


def test_no_class_name_stands_twice() -> None:
    places = defaultdict(list)
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(path)
    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


def test_no_name_is_an_empty_word() -> None:
    empty = [(path, name) for path, tree in trees().items() for name in bound_names(tree)
             if name.strip("_").lower() in EMPTY_WORDS]  # fmt: skip
    assert set(empty) - JSON_KEYS == set()


def test_docstrings_begin_with_a_verb_or_a_noun() -> None:
    lines = [(path, line) for path, tree in trees().items() for line in first_lines(tree)]
    assert [(path, line) for path, line in lines if line.split()[0].strip(",:;.").lower() in OPENINGS] == []
