"""Kubernetes, systemd, reverse proxies and the release: files that are held to the code, and run nowhere here."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from config.settings import OF_THE_EXAMPLES, Web
from service.cli import WRONG_USE
from service.runtime.configuration import configure
from service.runtime.queue import SECONDS_TO_STOP
from tests.docker.test_files import COMPOSE, ROOT, SECONDS_FOR_THE_PAGE, environment, final_stage
from tests.test_docs import NAMED_VARIABLE, is_setting

DOCKER = ROOT / "docker"
UNIT = DOCKER / "treadmill.service"
PROXIES = sorted((DOCKER / "proxy").iterdir())
WORKFLOW = ROOT / ".github" / "workflows" / "release.yml"
SECONDS_OF_THE_LONGEST_UPGRADE = 3600
INJECTED = {"TREADMILL_PORT", "TREADMILL_SERVICE_HOST"}


def manifest(kind: str) -> dict[str, Any]:
    """Return the object of this kind in the Kubernetes manifest."""
    objects: list[dict[str, Any]] = list(yaml.safe_load_all((DOCKER / "kubernetes.yml").read_text()))
    [match] = [each for each in objects if each["kind"] == kind]
    return match


def pod() -> dict[str, Any]:
    spec: dict[str, Any] = manifest("Deployment")["spec"]["template"]["spec"]
    return spec


def container() -> dict[str, Any]:
    [only] = pod()["containers"]
    assert isinstance(only, dict)
    return only


def unit() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    # Names of systemd have capitals.
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(UNIT.read_text())
    return parser


@pytest.mark.parametrize("file", [DOCKER / "kubernetes.yml", UNIT, *PROXIES], ids=lambda file: file.name)
def test_every_variable_that_a_deployment_names_is_a_setting(file: Path) -> None:
    named = set(NAMED_VARIABLE.findall(file.read_text())) - INJECTED
    assert named
    assert [name for name in sorted(named) if not is_setting(name)] == []


def test_the_secret_of_kubernetes_is_a_whole_configuration() -> None:
    secret = manifest("Secret")
    assert container()["envFrom"] == [{"secretRef": {"name": secret["metadata"]["name"]}}]
    assert secret["stringData"]["TREADMILL_WEB__PASSWORD"] == OF_THE_EXAMPLES
    configuration = configure(environment() | secret["stringData"] | {"TREADMILL_WEB__PASSWORD": "0123456789"})
    assert [source.name for source in configuration.sources] == ["jira"]
    assert not configuration.settings.web.needs_password


def test_kubernetes_runs_one_pod_that_gives_its_volume_up_before_the_next() -> None:
    deployment, claim = manifest("Deployment")["spec"], manifest("PersistentVolumeClaim")
    assert (deployment["replicas"], deployment["strategy"]) == (1, {"type": "Recreate"})
    assert deployment["selector"]["matchLabels"] == deployment["template"]["metadata"]["labels"]
    [volume] = pod()["volumes"]
    assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    assert container()["volumeMounts"] == [{"name": volume["name"], "mountPath": final_stage()["VOLUME"]}]
    assert pod()["terminationGracePeriodSeconds"] > SECONDS_TO_STOP + SECONDS_FOR_THE_PAGE


def test_kubernetes_adds_no_variables_that_no_setting_has() -> None:
    """A service called treadmill would give the pod TREADMILL_PORT, which is refused as unknown."""
    assert manifest("Service")["metadata"]["name"] == "treadmill"
    assert pod()["enableServiceLinks"] is False


def test_the_pod_has_the_user_of_the_image_and_no_rights() -> None:
    user, group = map(int, final_stage()["USER"].split(":"))
    security = pod()["securityContext"]
    assert (security["runAsUser"], security["runAsGroup"], security["fsGroup"]) == (user, group, group)
    assert container()["securityContext"] == {
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }


def test_probes_ask_what_answers_during_the_first_pull_on_the_port_of_the_page() -> None:
    [port] = container()["ports"]
    assert port["containerPort"] == Web().port == int(final_stage()["EXPOSE"])
    assert manifest("Service")["spec"]["ports"][0]["targetPort"] == port["name"]
    probes = {name: probe for name, probe in container().items() if name.endswith("Probe")}
    assert set(probes) == {"startupProbe", "readinessProbe", "livenessProbe"}
    # /readyz answers 503 until every source had a complete pull.
    assert [probe["httpGet"] for probe in probes.values()] == [{"path": "/healthz", "port": port["name"]}] * 3
    startup = probes["startupProbe"]
    assert startup["periodSeconds"] * startup["failureThreshold"] >= SECONDS_OF_THE_LONGEST_UPGRADE


def test_the_unit_starts_the_service_and_leaves_it_the_time_to_stop() -> None:
    service = unit()["Service"]
    assert service["ExecStart"].endswith("/bin/treadmill run")
    assert int(service["TimeoutStopSec"]) > SECONDS_TO_STOP + SECONDS_FOR_THE_PAGE
    assert int(service["RestartPreventExitStatus"]) == WRONG_USE
    assert service["WorkingDirectory"] == f"/var/lib/{service['StateDirectory']}"
    assert int(service["UMask"], 8) == 0o077


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_understands_every_line_of_the_unit(tmp_path: Path) -> None:
    copy = tmp_path / UNIT.name
    copy.write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text()))
    command = [str(shutil.which("systemd-analyze")), "verify", str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("file", PROXIES, ids=lambda file: file.name)
def test_a_proxy_goes_to_the_port_of_the_page(file: Path) -> None:
    assert f"127.0.0.1:{Web().port}" in file.read_text()


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
def test_nginx_understands_its_recipe(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key", tmp_path / "certificate"
    request = [
        str(shutil.which("openssl")),
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=treadmill.example.com",
    ]
    subprocess.run([*request, "-keyout", str(key), "-out", str(certificate)], capture_output=True, check=True)
    site = (DOCKER / "proxy" / "nginx.conf").read_text()
    site = site.replace("/etc/nginx/treadmill.crt", str(certificate)).replace("/etc/nginx/treadmill.key", str(key))
    (tmp_path / "site.conf").write_text(site)
    whole = f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{ access_log off; include {tmp_path}/site.conf; }}\n"
    (tmp_path / "nginx.conf").write_text(whole)
    command = [str(shutil.which("nginx")), "-t", "-e", str(tmp_path / "log"), "-c", str(tmp_path / "nginx.conf")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_proxy_lets_no_client_name_its_user() -> None:
    header = Web().proxy_header
    assert f'proxy_set_header {header} "";' in (DOCKER / "proxy" / "nginx.conf").read_text()
    assert f"header_up -{header}" in (DOCKER / "proxy" / "Caddyfile").read_text()
    assert "skip_auth_strip_headers = true" in (DOCKER / "proxy" / "oauth2-proxy.cfg").read_text()


def test_the_settings_beside_oauth2_proxy_let_people_in_by_their_address() -> None:
    recipe = (DOCKER / "proxy" / "oauth2-proxy.cfg").read_text()
    variables = dict(re.findall(r"^#   (TREADMILL_\w+)=(.+)$", recipe, re.MULTILINE))
    web = configure(variables).settings.web
    assert (web.auth, web.proxy_header) == ("proxy", "X-Forwarded-Email")
    assert web.editors == ("ann@example.com", "bob@example.com")
    assert f'redirect_url = "{web.url}/oauth2/callback"' in recipe


def test_a_tag_releases_signed_images_for_two_platforms_with_their_sbom() -> None:
    workflow = yaml.safe_load(WORKFLOW.read_text())
    # YAML reads the key `on` as true.
    assert workflow[True] == {"push": {"tags": ["v*.*.*"]}}
    assert workflow["permissions"] == {"contents": "read"}
    image = workflow["jobs"]["image"]
    assert image["needs"] == "test"
    [build] = [step["with"] for step in image["steps"] if step.get("id") == "build"]
    assert build["platforms"] == "linux/amd64,linux/arm64"
    assert (build["push"], build["sbom"]) == (True, True)
    assert (ROOT / build["context"] / build["file"]) == COMPOSE.with_name("Dockerfile")
    commands = [step.get("run", "") for step in image["steps"]]
    assert any(command.startswith("cosign sign") for command in commands)
    used = [step["uses"] for job in workflow["jobs"].values() for step in job["steps"] if "uses" in step]
    assert [action for action in used if not re.fullmatch(r"[\w./-]+@v\d+(\.\d+)*", action)] == []


def test_what_the_release_runs_are_targets_of_make() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    runs = [step.get("run", "") for step in yaml.safe_load(WORKFLOW.read_text())["jobs"]["test"]["steps"]]
    named = {
        target for run in runs for line in re.findall(r"^make (.+)$", run, re.MULTILINE) for target in line.split()
    }
    assert named - {".venv/ready"} <= targets
    assert "test" in named
