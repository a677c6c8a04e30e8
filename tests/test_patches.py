"""Patches of tests: those of a module that every thread calls reach other tests' servers."""

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
CALLED_BY_ALL_THREADS = {"asyncio", "datetime", "os", "signal", "socket", "threading", "time"}


def test_no_test_replaces_a_function_that_other_threads_call() -> None:
    """A web server that is still ending would call it too: in a loop without its `sleep` it fills memory."""
    assert [place for path in sorted(TESTS.rglob("*.py")) for place in patches(path)] == []


def patches(path: Path) -> Iterator[str]:
    """Yield the place of each `monkeypatch.setattr(module, ...)` of such a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "setattr":
            target = ast.unparse(node.args[0]).strip("'\"")
            if target.partition(".")[0] in CALLED_BY_ALL_THREADS and "(" not in target:
                yield f"{path.relative_to(TESTS)}:{node.lineno}: {target}"
