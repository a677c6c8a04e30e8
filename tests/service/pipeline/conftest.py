import pytest

from service.store.database import Database
from tests.service.pipeline.world import World


@pytest.fixture
def world(database: Database) -> World:
    """Return a separate world in an empty store of each kind."""
    return World(database)
