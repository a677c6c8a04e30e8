import pytest

from tests.service.pipeline.world import World
from treadmill.service.store.database import Database


@pytest.fixture
def world(database: Database) -> World:
    """A world of its own in an empty store of each kind."""
    return World(database)
