from datetime import UTC, datetime

import pytest

from treadmill.service.demo.company import Company
from treadmill.service.demo.simulation import simulate

AS_OF = datetime(2026, 3, 18, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def company() -> Company:
    """A whole company; tests must not change it."""
    return simulate(seed=7, as_of=AS_OF)
