"""The tree: packages in the root, tests that mirror them, and a wheel that carries all of them and nothing else."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("config", "connectors", "service")
DEFINITIONS = "service/web/definitions.md"
NEEDED_TO_BUILD = {"pyproject.toml", "README.md", "LICENSE", "docs/definitions.md"}


def files_of(*folders: str) -> set[str]:
    """Return the paths of all files below these folders, without compiled ones."""
    files = (path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file())
    return {str(path.relative_to(ROOT)) for path in files if "__pycache__" not in path.parts}


def build(directory: Path, target: str, out: Path) -> Path:
    """Build a wheel or sdist of the project in a directory, without the network, and return its path."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(out)]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [built] = out.iterdir()
    return built


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked sdist."""
    folder = tmp_path_factory.mktemp("sdist")
    with tarfile.open(build(ROOT, "sdist", folder / "out")) as archive:
        archive.extractall(folder, filter="data")
    [unpacked] = (path for path in folder.iterdir() if path.name != "out")
    return unpacked


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory, sdist: Path) -> dict[str, bytes]:
    """The files of a wheel that was built from the sdist, by their path."""
    # Built from the sdist, not from the checkout: that proves that the sdist lacks nothing, too.
    with zipfile.ZipFile(build(sdist, "wheel", tmp_path_factory.mktemp("wheel"))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_wheel_has_every_file_of_the_packages_and_the_definitions_and_nothing_else(wheel: dict[str, bytes]) -> None:
    carried = {name for name in wheel if ".dist-info/" not in name}
    assert carried == files_of(*PACKAGES) | {DEFINITIONS}


def test_files_of_the_wheel_are_those_of_the_tree(wheel: dict[str, bytes]) -> None:
    assert wheel[DEFINITIONS] == (ROOT / "docs" / "definitions.md").read_bytes()
    assert [name for name in files_of(*PACKAGES) if wheel[name] != (ROOT / name).read_bytes()] == []


def test_the_wheel_names_its_command_and_connectors(wheel: dict[str, bytes]) -> None:
    [entry_points] = (content.decode() for name, content in wheel.items() if name.endswith("entry_points.txt"))
    assert "treadmill = service.__main__:main" in entry_points
    assert "[treadmill.connectors]" in entry_points
    assert any(name.endswith("licenses/LICENSE") for name in wheel)


def test_the_sdist_has_what_a_build_and_the_tests_need(sdist: Path) -> None:
    missing = files_of(*PACKAGES, "tests", "docs", "benchmarks") | NEEDED_TO_BUILD
    assert sorted(name for name in missing if not (sdist / name).is_file()) == []


def test_every_package_says_that_it_is_typed() -> None:
    assert [package for package in PACKAGES if not (ROOT / package / "py.typed").is_file()] == []


def test_every_folder_of_code_is_a_package() -> None:
    folders = {path.parent for package in PACKAGES for path in (ROOT / package).rglob("*.py")}
    # Alembic loads migrations from a plain folder; as a package they would be imported twice.
    assert sorted(str(folder) for folder in folders if not (folder / "__init__.py").is_file()) == [
        str(ROOT / "service/store/migrations/versions")
    ]


def test_tests_mirror_the_packages() -> None:
    folders = {path.parent.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py")}
    mirrored = [folder for folder in folders if folder.parts and folder.parts[0] in PACKAGES]
    assert len(mirrored) > 10
    assert [str(folder) for folder in mirrored if not (ROOT / folder).is_dir()] == []
