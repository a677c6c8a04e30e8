"""The image itself: built, run on a read-only root by a user without rights, stopped in the middle of a pull."""

import json
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.docker.test_files import DOCKERFILE, final_stage, instructions
from tests.replay.bench import ROOT, SHARED, Bench, Treadmill, needs_bench
from tests.replay.oracle import assert_every_ticket_once

TOOL = SHARED / "containers" / "build-and-run.sh"
IMAGE = "treadmill-test:dev"
NAME = f"treadmill-test-{os.getpid()}"
RESTRAINED = ("--read-only", "--read-only-tmpfs=false", "--cap-drop=ALL", "--security-opt=no-new-privileges")
ENVIRONMENT = dict(os.environ)
MOST_MILLISECONDS_TO_STOP = 10_000
MOST_MEGABYTES = 360
"""Of what the image adds to its base."""
COUNT_TICKETS = """
import sqlite3
print(sqlite3.connect("file:treadmill.db?mode=ro", uri=True).execute("SELECT count(*) FROM ticket").fetchone()[0])
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.bench,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("docker"),
    needs_bench,
    pytest.mark.skipif(
        not TOOL.exists() or os.geteuid() != 0 or shutil.which("buildah") is None,
        reason="images are built with the container tool, as root",
    ),
]


def tool(*arguments: str, check: bool = True) -> str:
    """Return the output of the container tool, its errors included."""
    done = subprocess.run(
        [str(TOOL), *arguments],
        env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0 or not check, done.stdout[-4000:]
    return done.stdout


@dataclass(frozen=True)
class ContainerExit:
    """The end of a container: milliseconds until then, exit status, log."""

    milliseconds: int
    status: int
    log: str


@dataclass(frozen=True)
class Container:
    """A container of the image with a directory as its volume."""

    data: Path

    def start(self, environ: Mapping[str, str], *options: str, command: tuple[str, ...] = ()) -> None:
        variables = [f"--env={name}={value}" for name, value in environ.items()]
        volume = f"--volume={self.data}:/data"
        tool(
            "run",
            IMAGE,
            f"--name={NAME}",
            *RESTRAINED,
            volume,
            *variables,
            *options,
            *(("--", *command) * bool(command)),
        )

    def stop(self) -> ContainerExit:
        """Stop and remove it, and return how it ended, also where it ended by itself."""
        summary = re.search(r"after (\d+) ms, exit status (\d+)", tool("stop", NAME))
        assert summary
        ended = ContainerExit(int(summary[1]), int(summary[2]), tool("logs", NAME))
        tool("rm", NAME)
        return ended

    def end(self) -> ContainerExit:
        """Wait until it has ended by itself."""
        tool("logs", NAME, "--follow")
        return self.stop()

    def run(self, *command: str) -> str:
        return tool("exec", NAME, *command, check=False)

    def holds_tickets(self) -> bool:
        """Return whether the pull has stored a page."""
        # Not by an export: it analyses what is there, and on a busy machine the pull is over before it ends.
        number = self.run("python", "-c", COUNT_TICKETS).strip()
        return number.isdecimal() and int(number) > 0

    def tickets(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.run("treadmill", "export", "tickets").splitlines()]


@pytest.fixture(scope="module", autouse=True)
def image() -> None:
    bases = [arguments.split("=", 1)[1] for name, arguments in instructions() if name == "ARG"]
    tool("setup", *bases)
    tool("build", "-f", str(DOCKERFILE), "-t", IMAGE, str(ROOT))


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    user, group = map(int, final_stage()["USER"].split(":"))
    data = tmp_path / "data"
    data.mkdir()
    os.chown(data, user, group)
    yield Container(data)
    tool("stop", NAME, "1", check=False)
    tool("rm", NAME, check=False)


@pytest.fixture
def sources() -> Iterator[tuple[Bench, dict[str, str]]]:
    """Yield a slow bench, and the variables of a service with its systems as sources."""
    bench = Bench.start("--latency-ms", "200")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    every = Treadmill(bench, "").environment()
    yield (
        bench,
        {name: value for name, value in every.items() if "SOURCES" in name} | {"TREADMILL_WEB__PORT": str(port)},
    )
    bench.stop()


def wait_for(happened: Callable[[], object], seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.5)


def is_ready(port: str) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def test_stopped_in_the_middle_of_the_first_pull_it_ends_well_and_loses_nothing(
    container: Container, sources: tuple[Bench, dict[str, str]]
) -> None:
    bench, environ = sources
    container.start(environ)
    assert tool("health", NAME, "60").splitlines()[-1] == "healthy"
    wait_for(container.holds_tickets)
    first = container.stop()
    assert (first.status, first.milliseconds < MOST_MILLISECONDS_TO_STOP) == (0, True), first
    assert '"outcome":"stopped"' in first.log

    container.start(environ)
    wait_for(lambda: is_ready(environ["TREADMILL_WEB__PORT"]))
    tickets = container.tickets()
    for source in ("cloud", "dc", "servicenow"):
        assert_every_ticket_once([ticket for ticket in tickets if ticket["source"] == source], bench, source)
    assert container.stop().status == 0
    assert not [path for path in container.data.iterdir() if not path.name.startswith("treadmill.db")]


def test_nothing_but_the_volume_can_be_written(container: Container) -> None:
    container.start({}, "--entrypoint=sleep", command=("60",))
    assert container.run("id", "-u", "-n").strip() != "root"
    assert f"{container.run('id', '-u').strip()}:{container.run('id', '-g').strip()}" == final_stage()["USER"]
    for place in ("/", "/tmp", "/opt/treadmill", "/usr/local"):  # noqa: S108 - none is written
        assert "Read-only file system" in container.run("touch", f"{place}/file")
    assert container.run("touch", "/data/file") == ""


def test_the_image_stays_as_small_as_it_is() -> None:
    layers = re.search(r"own layers (\d+) MB", tool("size", IMAGE))
    assert layers
    assert int(layers[1]) < MOST_MEGABYTES


def test_nothing_but_the_service_is_installed(container: Container) -> None:
    container.start({}, "--entrypoint=sleep", command=("60",))
    listing = container.run(
        "python", "-c", "import importlib.metadata as m; print(*[d.name for d in m.distributions()])"
    )
    names = set(listing.lower().replace("_", "-").split())
    locked = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    assert "treadmill" in names
    assert names - locked == {"treadmill"}


def test_the_demo_and_its_report_miss_nothing_that_the_image_leaves_out(container: Container) -> None:
    """Learning, statistics and PDF load the libraries that are cut down."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    container.start({"TREADMILL_WEB__PORT": str(port)}, command=("demo", "--directory", "demo"))
    wait_for(lambda: is_alive(port))
    log = tool("logs", NAME)
    [password] = re.findall(r"^Its password is (\S+)$", log, re.MULTILINE)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as browser:
        assert browser.get("/").headers["location"].startswith("/login")
        assert browser.post("/login", data={"password": password, "next": "/"}).headers["location"].endswith("/")
        assert "endless cycles" in browser.get("/").text
    database = "TREADMILL_DATABASE_URL=sqlite:///demo/treadmill.db"
    assert container.run("env", database, "treadmill", "report", "--format", "pdf", "--output", "report.pdf") == ""
    assert (container.data / "report.pdf").read_bytes().startswith(b"%PDF")
    assert "Traceback" not in log


def is_alive(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({}, "TREADMILL_SOURCES__"),
        ({"TREADMILL_DATBASE_URL": "sqlite:///x.db"}, "did you mean TREADMILL_DATABASE_URL?"),
        ({"TREADMILL_WEB__GENERATE_PASSWORD": "false"}, "TREADMILL_WEB__PASSWORD"),
    ],
)
def test_wrong_settings_end_it_with_a_sentence(container: Container, environ: dict[str, str], sentence: str) -> None:
    container.start(environ)
    ended = container.end()
    assert ended.status == 2
    assert sentence in ended.log
    assert "Traceback" not in ended.log


def test_a_volume_that_belongs_to_somebody_else_is_named(
    container: Container, sources: tuple[Bench, dict[str, str]]
) -> None:
    os.chown(container.data, 0, 0)
    container.start(sources[1])
    ended = container.end()
    assert ended.status == 1
    assert re.search(r"/data\b.*may not write", ended.log)
