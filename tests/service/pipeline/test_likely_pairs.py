"""Likely pairs: what a person is asked about, and that it depends on the stored tickets alone."""

import random

import pytest

from service.pipeline.likely_pairs import LikelyPair, likely_pairs
from service.store.database import Database
from tests.factory import ticket
from tests.service.pipeline.world import World, closed, opened

GATEWAY = ticket("1", title="Mail gateway rejects every invoice", description="Sender gets code relay-denied")
REWORDED = ticket("2", title="Invoices bounce at night", description="The gateway answers relay-denied to the sender")
AGAIN = ticket("3", title="Mail gateway rejects every invoice", description="Sender gets code relay-denied once more")
SPOOLER = ticket("4", title="Print spooler hangs after updates", description="Only on the second floor")
PAPER = ticket("5", title="Spooler of the printers eats paper", description="A technician came and went")
TICKETS = [closed(each.model_copy(update={"opened_at": opened(int(each.id))}), 1) for each in (
    GATEWAY, REWORDED, AGAIN, SPOOLER, PAPER
)]  # fmt: skip


@pytest.fixture
def world(database: Database) -> World:
    """A world in which one problem was told in two wordings, one of them twice."""
    world = World(database, as_of=opened(56))
    world.write(*TICKETS)
    world.analyse()
    return world


def listed(world: World, limit: int = 100) -> list[LikelyPair]:
    return likely_pairs(world.analyst, limit)


def keys(world: World) -> list[tuple[str, ...]]:
    return [tuple(ticket.key for ticket in pair.tickets) for pair in listed(world)]


def test_the_likeliest_pair_comes_first_and_two_families_are_paired_once(world: World) -> None:
    assert world.families() == {frozenset({"1", "3"}), frozenset("2"), frozenset("4"), frozenset("5")}
    pairs = listed(world)

    assert [ticket.key for ticket in pairs[0].tickets] in (["INC1", "INC2"], ["INC2", "INC3"])
    families = [frozenset(ticket.family for ticket in pair.tickets) for pair in pairs]
    assert len(set(families)) == len(families)
    assert all(len(family) == 2 for family in families)
    assert ("INC4", "INC5") in keys(world)
    assert [pair.likelihood for pair in pairs] == sorted((pair.likelihood for pair in pairs), reverse=True)
    assert listed(world, limit=1) == pairs[:1]


def test_the_same_pairs_are_listed_after_a_rebuild_and_in_any_order_of_arrival(world: World) -> None:
    before = listed(world)
    world.analyse(rebuild=True)
    assert listed(world) == before

    world.clear()
    for each in random.Random(5).sample(TICKETS, len(TICKETS)):
        world.write(each)
        world.analyse()

    assert listed(world) == before


def test_what_people_closed_as_a_duplicate_comes_before_what_is_likelier(world: World) -> None:
    world.change("5", resolution_code="Duplicate")
    world.analyse()
    pairs = listed(world)

    assert [ticket.key for ticket in pairs[0].tickets] == ["INC4", "INC5"]
    assert pairs[0].marked
    assert not pairs[1].marked
    assert pairs[0].likelihood < pairs[1].likelihood


def test_merged_families_are_asked_about_no_more(world: World) -> None:
    world.correct("merge", "1", "2")
    world.analyse()

    assert {("INC1", "INC2"), ("INC2", "INC3")}.isdisjoint(keys(world))


@pytest.mark.parametrize("correction", ["dismiss", "split"])
def test_what_a_person_has_dismissed_or_split_off_is_in_no_pair(world: World, correction: str) -> None:
    world.correct("split" if correction == "split" else "dismiss", "2")
    world.analyse()

    assert keys(world)
    assert not [pair for pair in keys(world) if "INC2" in pair]


def test_tickets_of_other_sources_and_of_long_ago_are_not_compared(world: World) -> None:
    world.clear()
    world.write(TICKETS[0])
    world.write(TICKETS[1], source="beta")
    world.write(TICKETS[3].model_copy(update={"opened_at": opened(-365)}), TICKETS[4])
    world.analyse()

    assert listed(world) == []


def test_nothing_is_likely_before_the_first_analysis(database: Database) -> None:
    assert listed(World(database)) == []
