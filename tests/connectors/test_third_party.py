"""A connector of a third party: the example for authors, installed from its folder, is found and conforms."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "connectors" / "authors.md"
FILE = re.compile(r"^`([\w.]+)`:\n\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NAMES = ["pyproject.toml", "treadmill_deskline.py", "test_treadmill_deskline.py"]
TOKEN = "a-third-party-secret"
ANSWERS = {"/me": {"login": "reader"}, "/count": {"count": 3}}


class DesklineHandler(BaseHTTPRequestHandler):
    """Answer the two requests of a check."""

    def do_GET(self) -> None:
        is_known = self.headers["Authorization"] == f"Bearer {TOKEN}"
        body = json.dumps(ANSWERS[self.path.partition("?")[0]] if is_known else {}).encode()
        self.send_response(200 if is_known else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is that of the base class
        """Keep the output of the tests clean."""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the author's package as the page has it."""
    folder = tmp_path_factory.mktemp("deskline")
    files = FILE.findall(PAGE.read_text(encoding="utf-8"))
    assert [name for name, _ in files] == NAMES
    for name, content in files:
        (folder / name).write_text(content, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def site(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the package from its folder, without an index and without Treadmill, which is there already."""
    target = tmp_path_factory.mktemp("site")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--disable-pip-version-check"]
    python(package, "-m", "pip", "install", *options, "--target", str(target), str(package))
    return target


@pytest.fixture
def deskline() -> Iterator[str]:
    """Serve a Deskline on loopback; yield its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), DesklineHandler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def run(folder: Path, *arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run Python in this folder."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=os.environ | environ, capture_output=True, text=True, check=False
    )


def python(folder: Path, *arguments: str, **environ: str) -> str:
    """Return the output of Python in this folder."""
    result = run(folder, *arguments, **environ)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def treadmill(site: Path, folder: Path, *arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run a command of Treadmill where the package is installed."""
    return run(folder, "-c", "from service.__main__ import main; main()", *arguments, PYTHONPATH=str(site), **environ)


def test_installed_connector_and_its_settings_are_listed(site: Path, tmp_path: Path) -> None:
    assert "treadmill_deskline:DesklineConnector" in treadmill(site, tmp_path, "connectors").stdout
    assert "API token of an account that may read." in treadmill(site, tmp_path, "settings").stdout


def test_connector_without_installation_is_unknown(tmp_path: Path) -> None:
    variables = {"TREADMILL_SOURCES__DESKLINE__URL": "http://localhost", "TREADMILL_SOURCES__DESKLINE__TOKEN": TOKEN}
    result = treadmill(tmp_path, tmp_path, "check", **variables)
    assert result.returncode != 0
    assert "TREADMILL_SOURCES__DESKLINE__CONNECTOR" in result.stdout + result.stderr


def test_installed_connector_conforms(package: Path, site: Path, tmp_path: Path) -> None:
    # In a folder without the source: what is tested is what was installed.
    shutil.copy(package / "test_treadmill_deskline.py", tmp_path)
    options = ["-q", "-W", "error", "-p", "no:cacheprovider", "-p", "no:xdist"]
    output = python(tmp_path, "-m", "pytest", *options, PYTHONPATH=str(site))
    assert re.search(r"^17 passed, 1 skipped", output, re.MULTILINE), output


@pytest.mark.parametrize(("token", "is_right"), [(TOKEN, True), ("an-expired-secret", False)])
def test_check_runs_the_installed_connector(
    site: Path, deskline: str, tmp_path: Path, token: str, is_right: bool
) -> None:
    result = treadmill(
        site,
        tmp_path,
        "check",
        TREADMILL_DATABASE_URL=f"sqlite:///{tmp_path}/treadmill.db",
        TREADMILL_SOURCES__DESKLINE__URL=deskline,
        TREADMILL_SOURCES__DESKLINE__TOKEN=token,
    )
    assert (result.returncode == 0) is is_right, result.stdout + result.stderr
    expected = "Deskline, as reader, time zone UTC; 3 tickets" if is_right else "GET /me: 401 Unauthorized"
    assert expected in result.stdout
    assert token not in result.stdout + result.stderr
