"""Work as the analysis estimates it, and moves it when something else of the same person changes."""

from typing import Any

import pytest

from connectors.model import Ticket
from service.pipeline import analysis
from service.store.database import Database
from tests.factory import assigned, at, moved, ticket
from tests.marks import postgres_is_slow
from tests.service.pipeline.comparison import differences, rebuild_apart, stored_results
from tests.service.pipeline.world import World

pytestmark = postgres_is_slow

HOUR = 3600
WEEK = 7 * 24


@pytest.fixture
def world(database: Database, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(analysis, "REBUILD_SHARE", 100)
    sample = World(database, as_of=at(WEEK))
    sample.write(ticket("0", opened_at=at(0)))
    sample.analyse()
    return sample


def work_of(world: World, source: str = "alpha") -> dict[str, tuple[float, str]]:
    """Return the hours of each ticket and where they are from, after an analysis that equals a rebuild."""
    assert not world.analyse().rebuilt
    with rebuild_apart(world.analyst, world.as_of) as results:
        assert differences(stored_results(world.database), stored_results(results)) == []
    return {id_: (stored.fact.seconds / HOUR, stored.fact.hours_are) for id_, stored in world.facts(source).items()}


def active(id_: str, begin: float, end: float | None, **given_values: Any) -> Ticket:
    """Return a ticket of Ann, or of the given assignee, that was active so many hours after Monday at 09:00."""
    changes = [moved(begin, "New", "Active")] + ([moved(end, "Active", "Resolved")] if end is not None else [])
    return ticket(id_, transitions=tuple(changes), **{"assignee": "ann"} | given_values)


def test_tickets_of_one_person_share_the_time_in_which_both_are_active(world: World) -> None:
    world.write(active("1", 0, 4))
    assert work_of(world)["1"] == (4, "estimated")
    world.write(active("2", 2, 6), active("3", 2, 6, assignee="bob"), active("4", 2, 6, assignee=None))
    assert work_of(world) == {
        "0": (0, "unknown"), "1": (3, "estimated"), "2": (3, "estimated"), "3": (4, "estimated"),
        "4": (4, "estimated"),
    }  # fmt: skip


def test_a_person_of_two_sources_is_one(world: World) -> None:
    world.write(active("1", 0, 4))
    work_of(world)
    world.write(active("1", 0, 4), source="beta")
    assert work_of(world)["1"] == (2, "estimated")
    assert work_of(world, "beta")["1"] == (2, "estimated")


def test_a_ticket_that_changes_or_goes_gives_its_share_back(world: World) -> None:
    world.write(active("1", 0, 4), active("2", 0, 4), active("3", 2, 8))
    assert work_of(world)["1"][0] == pytest.approx(2 / 2 + 2 / 3, abs=1 / HOUR)
    world.write(active("2", 0, 4, assignee="bob"))
    assert work_of(world)["1"] == (3, "estimated")
    world.remove("3")
    assert work_of(world)["1"] == (4, "estimated")


def test_an_assignment_moves_work_from_one_person_to_another(world: World) -> None:
    world.write(active("1", 0, 8), active("2", 0, 8, assignee="bob"))
    work_of(world)
    changes = (*world.now["alpha", "1"].transitions[:1], assigned(4, "ann", "bob"), moved(8, "Active", "Resolved"))
    world.change("1", transitions=changes, assignee="bob")
    assert (work_of(world)["1"], work_of(world)["2"]) == ((6, "estimated"), (6, "estimated"))


def test_work_of_active_tickets_grows_as_time_passes_up_to_forty_hours(world: World) -> None:
    world.as_of = at(4)
    world.write(active("1", 0, None), active("2", 2, None))
    world.analyse(rebuild=True)
    assert (work_of(world)["1"], work_of(world)["2"]) == ((3, "estimated"), (1, "estimated"))
    world.as_of = at(6)
    assert (work_of(world)["1"], work_of(world)["2"]) == ((4, "estimated"), (2, "estimated"))
    world.as_of = at(8 * WEEK)
    assert (work_of(world)["1"], work_of(world)["2"]) == ((40, "estimated"), (40, "estimated"))


def test_logged_work_stands_and_still_takes_its_share_of_the_persons_time(world: World) -> None:
    world.write(active("1", 0, 4), active("2", 0, 4, hours_logged=9))
    assert (work_of(world)["1"], work_of(world)["2"]) == ((2, "estimated"), (9, "logged"))
    world.change("2", hours_logged=None)
    assert work_of(world)["2"] == (2, "estimated")


def test_work_that_left_no_trace_is_unknown(world: World) -> None:
    weekend = 5 * 24
    world.write(
        ticket("1", history_is="none", status="Active", assignee="ann", reopen_count=3),
        ticket("2", transitions=(moved(1, "New", "Resolved"),)),
        active("3", weekend, weekend + 5),
        ticket("4", history_is="none", hours_logged=0),
    )
    assert work_of(world) == {
        "0": (0, "unknown"), "1": (0, "unknown"), "2": (0, "unknown"), "3": (0, "unknown"), "4": (0, "logged"),
    }  # fmt: skip
    assert world.sums()["failures.u"] == 4


def test_a_title_alone_moves_no_other_ticket(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write(active("1", 0, 4), active("2", 0, 4))
    work_of(world)
    read = list[str]()
    monkeypatch.setattr("service.pipeline.work.active_spans.overlapping", lambda _, person, __: read.append(person))
    world.change("1", title="Another title")
    world.analyse()
    assert read == []
    assert world.facts()["1"].fact.seconds == 2 * HOUR
