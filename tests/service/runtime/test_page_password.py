"""A page that is reachable from outside and has no password: closed by one that is made once."""

import os
from pathlib import Path

import pytest
import structlog

from config.settings import Settings, Web
from service.runtime.page_password import require_password
from service.store.database import Database
from service.store.errors import DatabaseError
from service.web.auth.identity import role_of

CLOSED = Settings(web=Web.model_validate({"generate_password": True, "host": "0.0.0.0"}))


@pytest.fixture
def stored(tmp_path: Path) -> Database:
    return Database(f"sqlite:///{tmp_path}/treadmill.db")


def test_a_password_is_made_once_and_logged_once_and_opens_the_page_for_changes(
    stored: Database, tmp_path: Path
) -> None:
    with structlog.testing.capture_logs() as lines:
        first, second = require_password(CLOSED, stored), require_password(CLOSED, stored)
    file = tmp_path / "treadmill.db.password"
    password = file.read_text()
    assert first == second
    assert len(password) == 16
    assert role_of(first.web, password) == "editor"
    assert role_of(first.web, password[:-1]) is None
    assert (file.stat().st_mode & 0o777) == 0o600
    [line] = lines
    assert (line["password"], line["file"]) == (password, str(file))
    assert password not in f"{first!r}{first}{first.web!r}"


def test_with_postgresql_it_lies_beside_the_key_in_the_users_state(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    require_password(CLOSED, Database("postgresql+psycopg://treadmill@localhost:1/treadmill"))
    assert (tmp_path / ".local/state/treadmill/page.password").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "web",
    [
        {},
        {"generate_password": True, "password": "0123456789"},
        {"generate_password": True, "editor_password": "0123456789"},
        {"generate_password": True, "auth": "proxy"},
    ],
)
def test_where_people_can_enter_already_nothing_is_made(
    stored: Database, tmp_path: Path, web: dict[str, object]
) -> None:
    settings = Settings(web=Web.model_validate(web))
    assert require_password(settings, stored) is settings
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("content", "problem"), [(b"short", "holds 5 characters"), (b"\xff" * 9, "not ASCII")])
def test_a_file_that_holds_no_password_is_named_with_its_remedy(
    stored: Database, tmp_path: Path, content: bytes, problem: str
) -> None:
    file = tmp_path / "treadmill.db.password"
    file.write_bytes(content)
    with pytest.raises(DatabaseError, match=rf"{file}.*{problem}.*TREADMILL_WEB__PASSWORD"):
        require_password(CLOSED, stored)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_cannot_be_written_is_named(stored: Database, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(DatabaseError, match=r"cannot be kept there.*TREADMILL_WEB__PASSWORD"):
        require_password(CLOSED, stored)
