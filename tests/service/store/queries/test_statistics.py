"""The tickets that a report names are among those that it counts, on every database."""

from datetime import timedelta

import pytest

from connectors.model import Link
from service.analysis.tally import FAILURES
from service.report.evidence import collect
from service.store.database import Database
from service.store.queries import ticket_lists
from service.store.queries.scopes import ALL_TIME, Scope
from service.store.queries.statistics import ids_since
from service.store.queries.ticket_lists import TicketQuery
from tests.factory import handed, moved, ticket
from tests.marks import each_slow
from tests.service.pipeline.test_families import incident
from tests.service.pipeline.world import SOURCES, TITLES, RandomEvents, World, opened, state_of


def test_a_cancelled_ticket_that_went_back_is_neither_counted_nor_named(database: Database) -> None:
    world = World(database)
    at = opened(100)
    start = (at - moved(0, "New", "Active").at) / timedelta(hours=1)
    for id_, last in (("done", "Resolved"), ("dropped", "Cancelled")):
        handoffs = handed(start + 1, "Net", "Desk"), handed(start + 2, "Desk", "Net")
        changes = (moved(start, "New", "Active"), *handoffs, moved(start + 3, "Active", last))
        world.write(ticket(id_, team="Net", opened_at=at).model_copy(update=state_of(changes)))
    world.analyse()
    with world.analyst.snapshot(Scope(), world.as_of) as snapshot:
        evidence = collect(snapshot).evidence
    [team] = evidence.teams
    assert (team.pingpong, team.pingpong_ids) == (1, ("done",))
    assert evidence.metrics["pingpong_rate_strict"].n == 1


def listed(database: Database, about: str) -> list[tuple[str, str]]:
    with database.read() as connection:
        rows = ticket_lists.list_tickets(connection, TicketQuery(Scope(), about, ALL_TIME), 1000)
    return sorted((row["source"], row["id"]) for row in rows)


@pytest.mark.parametrize("seed", [0, 1, *each_slow(2, 3, 4, 5)])
def test_the_repeats_of_lists_are_those_that_the_analysis_counts(database: Database, seed: int) -> None:
    world = World(database)
    events = RandomEvents(world, seed, tickets=60)
    for _ in range(200):
        events.happen()
    world.analyse()
    facts = [stored for source in SOURCES for stored in world.facts(source).values()]
    repeats = [stored.fact for stored in facts if stored.flags.is_repeat and stored.fact.is_decided]
    failures = sorted((fact.source, fact.id) for fact in repeats if fact.work_class in FAILURES)
    requests = sorted((fact.source, fact.id) for fact in repeats if fact.work_class == "request")
    assert failures
    assert (listed(database, "repeat_share"), listed(database, "request_repeat_share")) == (failures, requests)
    assert (world.sums()["repeat"], world.sums().get("rerequest", 0)) == (len(failures), len(requests))


def test_a_child_of_an_outage_from_before_a_fix_did_not_come_after_it(database: Database) -> None:
    world = World(database)
    child = incident("child", TITLES[5], 20, Link(relation="parent", target="outage"))
    world.write(incident("outage", TITLES[0], 2), incident("again", TITLES[0], 15), child)
    world.analyse()
    with database.read() as connection:
        ids = [ids_since(connection, world.family("outage").id, opened(day)) for day in (1, 10, 16)]
    assert ids == [("child", "again", "outage"), ("again",), ()]
