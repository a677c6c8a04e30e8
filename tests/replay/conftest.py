"""One bench for all tests of a module, and a store of all that it serves."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.replay.bench import Bench, Treadmill

PRIVACY = {"TREADMILL_PRIVACY__KEY": "the same people in all stores"}
FAULT_OPTIONS = ("--slow-seconds", "6", "--lag-seconds", "5")


@pytest.fixture(scope="module")
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Start a bench with the options of an indirect parameter. Tests set faults, and change no ticket."""
    started = Bench.start(*FAULT_OPTIONS, *getattr(request, "param", ()))
    yield started
    started.stop()


@pytest.fixture(autouse=True)
def _no_faults(request: pytest.FixtureRequest) -> None:
    """Begin each test on a bench without the faults of the test before."""
    if "bench" in request.fixturenames:
        bench: Bench = request.getfixturevalue("bench")
        bench.faults()


@pytest.fixture
def changing_bench() -> Iterator[Bench]:
    """Start a bench whose tickets a test may change."""
    started = Bench.start(*FAULT_OPTIONS)
    yield started
    started.stop()


@pytest.fixture
def pulled(bench: Bench, shared_folder: Callable[[str, Callable[[Path], None]], Path]) -> Treadmill:
    """Return a store with all tickets of all systems, not analysed. Tests only read it."""

    def pull(folder: Path) -> None:
        bench.faults()
        Treadmill(bench, f"sqlite:///{folder}/treadmill.db", PRIVACY).sync("--no-analysis")

    return Treadmill(bench, f"sqlite:///{shared_folder('pulled', pull)}/treadmill.db", PRIVACY)
