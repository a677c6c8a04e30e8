"""Parameters that run with the slow tests alone, because they tell little more than the quick ones."""

from typing import Any

import pytest

_slow_postgres = pytest.param("postgresql", marks=[pytest.mark.postgres, pytest.mark.slow])
postgres_is_slow = pytest.mark.parametrize("database_url", ["sqlite", _slow_postgres], indirect=True)
"""For tests that write tens of thousands of tickets; small stores are tested on both databases."""


def each_slow(*values: object) -> list[Any]:
    """Return the values as parameters of slow tests."""
    return [pytest.param(value, marks=pytest.mark.slow) for value in values]
