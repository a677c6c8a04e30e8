"""A bench for all tests of a module, with an eighth of the tickets or with all, and a store of all that it serves."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.replay.bench import Bench, Treadmill

PRIVACY = {"TREADMILL_PRIVACY__KEY": "the same people in all stores"}
FAULT_OPTIONS = ("--slow-seconds", "6", "--lag-seconds", "5")
Shared = Callable[[str, Callable[[Path], None]], Path]


@pytest.fixture(scope="module")
def bench(request: pytest.FixtureRequest, sample: Path) -> Iterator[Bench]:
    """Start a bench with an eighth of the tickets, and the options of an indirect parameter.

    Tests set faults, and change no ticket.
    """
    started = Bench.start(*FAULT_OPTIONS, *getattr(request, "param", ()), data=sample)
    yield started
    started.stop()


@pytest.fixture(scope="module")
def whole_bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Start a bench with all tickets, and the options of an indirect parameter."""
    started = Bench.start(*FAULT_OPTIONS, *getattr(request, "param", ()))
    yield started
    started.stop()


@pytest.fixture(autouse=True)
def _no_faults(request: pytest.FixtureRequest) -> None:
    """Begin each test on a bench without the faults of the test before."""
    for name in {"bench", "whole_bench"} & {*request.fixturenames}:
        bench: Bench = request.getfixturevalue(name)
        bench.faults()


@pytest.fixture
def changing_bench(sample: Path) -> Iterator[Bench]:
    """Start a bench whose tickets a test may change."""
    started = Bench.start(*FAULT_OPTIONS, data=sample)
    yield started
    started.stop()


@pytest.fixture
def pulled(bench: Bench, shared_folder: Shared) -> Treadmill:
    """Return a store with an eighth of the tickets of all systems, not analysed. Tests only read it."""
    return pull_once(bench, "pulled", shared_folder)


@pytest.fixture
def whole(whole_bench: Bench, shared_folder: Shared) -> Treadmill:
    """Return a store with all tickets of all systems, not analysed. Tests only read it."""
    return pull_once(whole_bench, "whole", shared_folder)


def pull_once(bench: Bench, name: str, shared_folder: Shared) -> Treadmill:
    def pull(folder: Path) -> None:
        bench.faults()
        Treadmill(bench, f"sqlite:///{folder}/treadmill.db", PRIVACY).sync("--no-analysis")

    return Treadmill(bench, f"sqlite:///{shared_folder(name, pull)}/treadmill.db", PRIVACY)
