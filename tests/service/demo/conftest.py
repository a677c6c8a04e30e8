from datetime import UTC, datetime, timedelta

import pytest

from service.demo.company import Company
from service.demo.simulation import simulate

SPAN = timedelta(days=548)
AS_OF = datetime(2026, 3, 18, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def company() -> Company:
    """A whole company; tests must not change it."""
    return simulate(seed=7, as_of=AS_OF)
