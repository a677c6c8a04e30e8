"""Counting: what tickets, families, corrections and links add to the sums, and what is subtracted when they change."""

from typing import Any

import pytest

from connectors.model import Link, Ticket
from tests.factory import ticket
from tests.marks import postgres_is_slow
from tests.service.pipeline.comparison import differences, stored_results
from tests.service.pipeline.test_families import duplicate_of, incident
from tests.service.pipeline.world import TITLES, World, closed, opened

pytestmark = postgres_is_slow
MAIL, PRINTER = TITLES[0], TITLES[5]
OPEN: dict[str, Any] = {"transitions": (), "status": "New", "status_category": "new"}


@pytest.fixture
def cycle(world: World) -> World:
    """Return a world with one problem that comes back week after week until the moment of the analysis."""
    world.write(*(incident(str(week), MAIL, 7 * week) for week in range(20)))
    world.analyse()
    return world


def test_a_hundred_tickets_of_one_outage_are_one_episode_and_no_cycle(world: World) -> None:
    world.write(*(incident(f"{number:03}", MAIL, 10 + number / 200) for number in range(100)))
    world.analyse()
    family = world.family("000")
    assert (family.tickets, family.rhythm.episodes, family.is_cycle, family.is_endless) == (100, 1, False, False)
    sums = world.sums()
    assert (sums["failure"], sums.get("repeat"), sums.get("endless")) == (100, None, None)


def test_an_outage_in_a_cycle_is_one_more_episode(cycle: World) -> None:
    cycle.write(*(incident(f"x{number:02}", MAIL, 14 + number / 200) for number in range(50)))
    cycle.analyse()
    family = cycle.family("0")
    assert (family.tickets, family.rhythm.episodes) == (70, 20)


def test_repeats_are_what_opens_in_a_return_and_endless_is_known_from_the_fifth_episode_on(cycle: World) -> None:
    sums = cycle.sums()
    assert (sums["failure"], sums["repeat"], sums["endless"]) == (20, 19, 16)
    assert sums["repeat.s"] * 20 == sums["failure.s"] * 19
    cycle.change("0", opened_at=opened(7), transitions=cycle.now["alpha", "1"].transitions)
    cycle.analyse()
    assert cycle.sums()["repeat"] == 18, "two in the first episode now"


def test_a_return_after_half_a_year_is_no_repeat(world: World) -> None:
    world.as_of = opened(400)
    world.write(incident("a", MAIL, 0), incident("b", MAIL, 182), incident("c", MAIL, 364.1))
    world.analyse()
    flags = {id_: stored.flags.is_repeat for id_, stored in world.facts().items()}
    assert flags == {"a": False, "b": True, "c": False}
    world.write(incident("d", MAIL, 300))
    world.analyse()
    assert world.facts()["c"].flags.is_repeat
    assert world.sums()["repeat"] == 3


def test_a_family_that_is_never_resolved_is_one_episode(world: World) -> None:
    world.write(*(incident(str(week), MAIL, 7 * week).model_copy(update=OPEN) for week in range(10)))
    world.analyse()
    assert world.family("0").rhythm.episodes == 1
    world.write(incident("4", MAIL, 28))
    world.analyse()
    assert world.family("0").rhythm.episodes == 2
    assert world.sums()["repeat"] == 5, "it was said to be over before the sixth"


def child(id_: str, day: float, parent: str) -> Ticket:
    return incident(id_, PRINTER, day, Link(relation="parent", target=parent))


def test_children_of_an_outage_belong_to_its_episode_whenever_they_come(world: World) -> None:
    world.write(child("b", 9, "a"), child("c", 20, "a"))
    world.analyse()
    assert world.family("b").rhythm.episodes == 2
    world.write(incident("a", MAIL, 2))
    world.analyse()
    assert world.families() == {frozenset("abc")}
    family = world.family("a")
    assert (family.rhythm.episodes, family.rhythm.last_opening) == (1, int(opened(2).timestamp()))
    assert world.sums().get("repeat", 0) == 0
    world.change("a", kind="problem")
    world.analyse()
    assert {stored.burst_s for stored in world.facts().values()} == {
        int(opened(day).timestamp()) for day in (2, 9, 20)
    }  # fmt: skip
    world.remove("a")
    world.analyse()
    assert world.sums()["repeat"] == 1


def test_an_unrelated_ticket_changes_no_existing_result(cycle: World) -> None:
    before = stored_results(cycle.database)
    cycle.write(incident("p", PRINTER, 20))
    cycle.analyse()
    # Sums grow, those of cells and of labels.
    moved = differences(stored_results(cycle.database), before)
    added = [line for line in moved if not line.startswith(("cell", "title_label"))]
    assert added
    assert all(": too many" in line for line in added), added
    cycle.remove("p")
    cycle.analyse()
    assert differences(stored_results(cycle.database), before) == []


def test_a_dismissed_family_makes_no_repeats(cycle: World) -> None:
    cycle.correct("dismiss", "3")
    cycle.analyse()
    sums = cycle.sums()
    assert (sums["failure"], sums.get("repeat"), sums.get("endless")) == (20, None, None)
    assert not [name for name in sums if name.startswith("g:")]


def test_two_families_that_join_count_as_one(cycle: World) -> None:
    cycle.write(incident("p", PRINTER, 3), incident("q", PRINTER, 40))
    cycle.analyse()
    assert cycle.sums()["repeat"] == 20
    cycle.change("q", links=(duplicate_of("5"),))
    cycle.analyse()
    assert cycle.sums()["repeat"] == 21
    cycle.change("q", links=())
    cycle.analyse()
    assert cycle.sums()["repeat"] == 20


@pytest.mark.parametrize("links", [(), (Link(relation="causes", target="b"),)])
def test_a_change_is_a_cause_as_long_as_a_ticket_says_so(world: World, links: tuple[Link, ...]) -> None:
    blamed = Link(relation="caused_by", target="c")
    change = ticket("c", title="Upgrade the mail gateway", kind="change", opened_at=opened(1), links=links)
    world.write(closed(change, 5), incident("a", MAIL, 2, blamed), incident("b", PRINTER, 3, blamed))
    world.analyse()
    assert world.sums()["cause"] == 1
    for id_ in ("a", "b"):
        world.change(id_, links=())
        world.analyse()
    assert world.sums().get("cause", 0) == len(links)
    assert world.facts()["c"].fact.named_cause is bool(links)


def test_only_changes_are_causes(world: World) -> None:
    world.write(incident("c", MAIL, 1), incident("a", PRINTER, 2, Link(relation="caused_by", target="c")))
    world.analyse()
    assert world.facts()["c"].fact.named_cause is False


def test_a_scope_that_is_left_is_forgotten(world: World) -> None:
    world.write(incident("a", MAIL, 1).model_copy(update={"team": "Messaging"}))
    world.analyse()
    assert world.sums("team", "Messaging")["opened"] == 1
    world.change("a", team="Workplace")
    world.analyse()
    assert (world.sums("team", "Messaging"), world.sums("team", "Workplace")["opened"]) == ({}, 1)


def test_the_first_team_of_a_source_makes_handoffs_of_teams(world: World) -> None:
    held = incident("a", MAIL, 1)
    by_person = held.transitions[0].model_copy(update={"field": "assignee", "old": "ann", "new": "bob"})
    world.write(held.model_copy(update={"transitions": (*held.transitions, by_person)}))
    world.analyse()
    assert world.facts()["a"].fact.handoffs == 1
    world.write(incident("b", PRINTER, 2).model_copy(update={"team": "Messaging"}))
    world.analyse()
    assert world.facts()["a"].fact.handoffs == 0


def test_an_outage_of_fifty_urgent_tickets_is_one_major_incident_of_each_team_that_had_one(world: World) -> None:
    urgent = {"priority_level": 1, "team": "Messaging"}
    world.write(*(incident(f"{number:02}", MAIL, 10 + number / 200).model_copy(update=urgent) for number in range(50)))
    world.write(incident("x", MAIL, 10.3).model_copy(update=urgent | {"team": "Network"}), incident("y", MAIL, 40))
    world.analyse()
    counted = [world.sums(*scope)["major"] for scope in ((), ("team", "Messaging"), ("team", "Network"))]
    assert (counted, world.sums()["level"]) == ([1, 1, 1], 51)
    world.change("00", priority_level=3)
    world.analyse()
    assert (world.sums()["major"], world.facts()["01"].flags.leads > 0) == (1, True)


def test_a_problem_that_nobody_resolves_is_a_major_incident_each_time_it_strikes(world: World) -> None:
    unresolved = {"priority_level": 1, "status": "In progress", "status_category": "active", "resolved_at": None}
    unresolved |= {"closed_at": None, "transitions": ()}
    days = (10, 10.1, 12.9, 13.1, 20)
    world.write(*(incident(f"{day}", MAIL, day).model_copy(update=unresolved) for day in days))
    world.analyse()
    assert world.sums()["major"] == 3
    assert [id_ for id_, stored in sorted(world.facts().items()) if stored.flags.leads] == ["10", "13.1", "20"]
