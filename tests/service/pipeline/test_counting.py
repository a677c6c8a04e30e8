"""Counting: what tickets, families, corrections and links add to the sums, and what is subtracted when they change."""

from datetime import timedelta

import pytest

from connectors.model import Link
from tests.factory import ticket
from tests.marks import postgres_is_slow
from tests.service.pipeline.comparison import differences, stored_results
from tests.service.pipeline.test_families import duplicate_of, incident
from tests.service.pipeline.world import TITLES, World, closed, opened

pytestmark = postgres_is_slow
MAIL, PRINTER = TITLES[0], TITLES[5]


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


def test_repeats_are_what_opens_after_the_first_episode(cycle: World) -> None:
    sums = cycle.sums()
    assert (sums["failure"], sums["repeat"], sums["endless"]) == (20, 19, 20)
    assert sums["repeat.s"] * 20 == sums["failure.s"] * 19
    cycle.change("0", opened_at=opened(7), transitions=cycle.now["alpha", "1"].transitions)
    cycle.analyse()
    assert cycle.sums()["repeat"] == 18, "two in the first episode now"


def test_an_unrelated_ticket_changes_no_existing_result(cycle: World) -> None:
    before = stored_results(cycle.database)
    cycle.write(incident("p", PRINTER, 20))
    cycle.analyse()
    added = [line for line in differences(stored_results(cycle.database), before) if not line.startswith("cell")]
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


def test_what_begins_and_ends_in_the_second_of_the_first_end_is_no_repeat(world: World) -> None:
    end = incident("a", MAIL, 0).transitions[-1].at
    at_once = closed(ticket("b", title=MAIL, opened_at=end + timedelta(milliseconds=400)), 0.0001)
    world.write(incident("a", MAIL, 0), at_once)
    world.analyse()
    assert world.family("a").first_end == int(end.timestamp())
    assert world.sums().get("repeat") is None


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
