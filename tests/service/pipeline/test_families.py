"""Families: which tickets belong together, whatever they went through."""

import random

import pytest

from connectors.model import Link, Ticket
from service.store.database import Database
from service.store.results import facts, families
from tests.factory import ticket
from tests.marks import postgres_is_slow
from tests.service.pipeline.comparison import document, stored_results
from tests.service.pipeline.world import MEANWHILE, TITLES, RandomEvents, World, closed, opened

pytestmark = postgres_is_slow
MAIL, MORE_MAIL, _, BRIDGE, OTHER_MAIL, PRINTER, PRINTER_AGAIN, NOTHING = TITLES


def incident(id_: str, title: str, day: float, *links: Link) -> Ticket:
    """Return an incident that took five hours."""
    return closed(ticket(id_, title=title, opened_at=opened(day), links=links), 5)


def duplicate_of(id_: str) -> Link:
    return Link(relation="duplicate_of", target=id_)


def sets(*of: str) -> set[frozenset[str]]:
    """Return sets of ids of one letter: `sets("ab", "c")`."""
    return set(map(frozenset, of))


def test_a_chain_of_similar_tickets_falls_apart_without_its_middle(world: World) -> None:
    world.write(incident("a", MAIL, 0), incident("b", MORE_MAIL, 1), incident("c", OTHER_MAIL, 2))
    world.analyse()
    assert world.families() == sets("ab", "c")
    world.write(incident("d", BRIDGE, 3))
    world.analyse()
    assert world.families() == sets("abcd")
    world.remove("d")
    world.analyse()
    assert world.families() == sets("ab", "c")


def test_a_link_joins_and_its_loss_parts(world: World) -> None:
    world.write(incident("a", MAIL, 0), incident("p", PRINTER, 1, duplicate_of("a")))
    world.analyse()
    assert world.families() == sets("ap")
    world.change("p", links=())
    world.analyse()
    assert world.families() == sets("a", "p")


def test_a_link_goes_with_the_ticket_that_is_reworded(world: World) -> None:
    world.write(incident("a", MAIL, 0), incident("b", MAIL, 1), incident("p", PRINTER, 2, duplicate_of("a")))
    world.analyse()
    assert world.families() == sets("abp")
    world.change("a", title="Password of the payroll forgotten")
    world.analyse()
    assert world.families() == sets("ap", "b")


@pytest.mark.parametrize("first", [MORE_MAIL, OTHER_MAIL])
@pytest.mark.parametrize("second", [PRINTER, "Password of the payroll forgotten", "Tunnel of the branch office down"])
def test_a_family_may_grow_and_fall_apart_at_once(world: World, first: str, second: str) -> None:
    world.write(incident("a", first, 0), incident("p", second, 1, duplicate_of("a")))
    world.analyse()
    world.change("p", links=())
    world.write(incident("d", BRIDGE, 3))
    world.analyse()
    assert world.families() == sets("ad", "p")


def test_words_that_name_nothing_make_no_family(world: World) -> None:
    world.write(incident("a", NOTHING, 0), incident("b", NOTHING, 1), incident("c", "", 2), incident("d", "", 3))
    world.analyse()
    assert world.families() == sets("a", "b", "c", "d")


def test_families_of_two_sources_never_meet(world: World) -> None:
    world.write(incident("a", MAIL, 0))
    world.write(incident("a", MAIL, 0), source="beta")
    world.analyse()
    assert world.facts()["a"].family_id != world.facts("beta")["a"].family_id


def test_only_what_is_reactive_belongs_to_a_family(world: World) -> None:
    world.write(incident("a", MAIL, 0), incident("b", MAIL, 1))
    world.analyse()
    world.label("a", "proactive")
    world.analyse()
    assert world.families() == sets("b")
    assert world.facts()["a"].fact.decided_by.startswith("person")


def test_corrections_survive_a_rebuild(world: World) -> None:
    world.write(incident("a", MAIL, 0), incident("b", MAIL, 1), incident("c", MAIL, 2), incident("p", PRINTER, 3))
    world.analyse()
    world.correct("merge", "a", "p")
    world.analyse()
    assert world.families() == sets("abcp")
    world.correct("split", "b", "c")
    world.correct("dismiss", "b")
    world.analyse()
    for _ in range(2):
        assert world.families() == sets("ap", "bc")
        assert (world.family("b").is_dismissed, world.family("a").is_dismissed) == (True, False)
        world.analyse(rebuild=True)


def test_a_merged_family_equals_one_that_was_never_apart(world: World) -> None:
    world.write(incident("a", MAIL, 0), incident("d", MAIL, 20), incident("m", MAIL, 40))
    world.write(incident("b", PRINTER, 0), incident("c", PRINTER, 20), incident("p", PRINTER, 41))
    world.analyse()
    world.correct("merge", "m", "p")
    world.analyse()
    merged = stored_results(world.database)
    assert world.families() == sets("abcdmp")
    world.analyse(rebuild=True)
    assert stored_results(world.database) == merged


def test_a_ticket_that_comes_later_joins_what_a_person_merged(world: World) -> None:
    world.write(incident("a", MAIL, 0), incident("p", PRINTER, 3))
    world.analyse()
    world.correct("merge", "a", "p")
    world.analyse()
    world.write(incident("q", PRINTER_AGAIN, 9), incident("p", PRINTER, 3))
    world.analyse()
    assert world.families() == sets("apq")


def test_a_former_name_leads_to_the_family_of_today(world: World) -> None:
    world.write(incident("a", MORE_MAIL, 5), incident("c", OTHER_MAIL, 2))
    world.analyse()
    names = {world.family("a").name, world.family("c").name}
    assert len(names) == 2
    world.write(incident("d", BRIDGE, 9))
    world.analyse()
    with world.database.read() as connection:
        assert [families.by_name(connection, name) for name in names] == [world.family("d")] * 2
        assert families.by_name(connection, "F0000000000") is None
    assert world.family("d").name == facts.family_name("alpha", "c"), "the oldest ticket names it"


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_arrival_does_not_matter(database: Database, world: World, seed: int) -> None:
    source = World(database, as_of=MEANWHILE)
    events = RandomEvents(source, seed, tickets=25)
    for _ in range(120):
        events._arrive("alpha", events.dice.choice(events._ids))
    tickets = list(source.now.values())
    source.analyse()
    first = document(source.analyst, database, source.as_of), source.families()
    source.clear()
    random.Random(seed).shuffle(tickets)
    source.analyse()
    for start in range(0, len(tickets), 4):
        source.write(*tickets[start : start + 4])
        source.analyse()
    assert (document(source.analyst, database, source.as_of), source.families()) == first
