"""The address of the website: tried first, by the service and by the demo."""

import errno
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.environment import ConfigurationError
from config.settings import Web
from service.cli import serve
from service.runtime import app
from service.runtime.configuration import Configuration
from service.runtime.demo import page_settings, page_variables
from service.runtime.listening import refusal, try_address


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which another program listens."""
    with socket.socket() as program:
        program.bind(("127.0.0.1", 0))
        program.listen()
        yield program.getsockname()[1]


def test_an_address_that_is_free_can_be_tried_again_and_again() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for host in ("127.0.0.1", "0.0.0.0", "127.0.0.1"):
        try_address(Web.model_construct(host=host, port=port))


def test_a_port_that_is_taken_is_named_with_its_remedy(taken: int) -> None:
    with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{taken}: another program .*TREADMILL_WEB__PORT"):
        try_address(Web(port=taken))


def test_an_address_of_another_machine_is_named_with_its_remedy() -> None:
    with pytest.raises(OSError, match=r"cannot listen on 192.0.2.1:8080: .*TREADMILL_WEB__HOST"):
        try_address(Web.model_construct(host="192.0.2.1", port=8080))
    problem = refusal("127.0.0.1", 80, OSError(errno.EACCES, "Permission denied"))
    assert "1024 or higher" in str(problem)


def test_the_service_tries_its_port_before_it_touches_the_database(
    taken: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = page_settings({"TREADMILL_WEB__PORT": str(taken)})
    with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{taken}"):
        app.run_service(Configuration(settings, ()))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("by_option", [True, False])
def test_the_demo_tries_its_port_before_it_simulates(
    taken: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_option: bool
) -> None:
    monkeypatch.setenv("TREADMILL_WEB__PORT", "1" if by_option else str(taken))
    with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{taken}"):
        serve.demo(directory=tmp_path / "demo", port=taken if by_option else None)
    assert list(tmp_path.iterdir()) == []


def test_the_demo_takes_from_the_operator_where_its_page_listens_and_who_may_enter(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("correct horse")
    variables = page_variables(
        {
            "TREADMILL_SOURCES__JIRA__URL": "https://jira.example",
            "TREADMILL_DATABASE_URL": "sqlite:///mine.db",
            "TREADMILL_WEB__URL": "https://treadmill.example.com",
            "TREADMILL_WEB__HOST": "0.0.0.0",
            "treadmill_web__port": "9000",
            "TREADMILL_WEB__PASSWORD_FILE": str(tmp_path / "password"),
        }
    )
    web = page_settings(variables).web
    assert (web.host, web.port, web.url, web.is_open) == ("0.0.0.0", 9000, None, False)
    with pytest.raises(ConfigurationError, match="TREADMILL_WEB__HOST must be loopback"):
        page_settings(page_variables({"TREADMILL_WEB__HOST": "0.0.0.0"}))


@pytest.mark.parametrize(
    ("host", "address"), [("0.0.0.0", "localhost"), ("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"), ("::", "localhost")]
)
def test_the_demo_says_where_its_page_is_and_by_which_password_people_enter(host: str, address: str) -> None:
    web = Web.model_validate({"host": host, "port": 9000, "editor_password": "0123456789abcdef"})
    invitation = serve._invitation(web, is_made=True)
    assert f"The page is at http://{address}:9000/" in invitation
    assert "Its password is 0123456789abcdef" in invitation
    assert "0123456789abcdef" not in serve._invitation(web, is_made=False)
