"""Stray old tickets from before the data: they change nothing but how many tickets there are."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import update

from config.settings import Settings
from service.analysis.correction import partial_weeks
from service.report.evidence import collect
from service.report.serialization import document_of
from service.store.database import Database
from service.store.queries.scopes import parse_scope
from service.store.tickets.sources import SOURCE
from tests.factory import ticket
from tests.marks import postgres_is_slow
from tests.service.pipeline.test_families import incident
from tests.service.pipeline.world import BEGIN, TITLES, World, closed, opened
from tests.service.report.test_document import report_on

LONG_AGO = datetime(2015, 1, 1, tzinfo=UTC)
STRAYS = 16


def desk(database: Database) -> World:
    """Twenty weeks of tickets, of which one problem comes back; the pull would have reached eleven years back."""
    world = World(database, Settings(hourly_rate=80, currency="EUR"))
    with database.write() as connection:
        connection.execute(update(SOURCE).values(reach=LONG_AGO))
    singles = [
        ticket(f"o{number}", title=TITLES[5], service=f"Desk {number}", opened_at=opened(0.35 * number))
        for number in range(400)
    ]
    world.write(*(incident(f"w{number}", TITLES[0], 7 * number) for number in range(20)))
    world.write(*(closed(single, 3 + number % 5) for number, single in enumerate(singles)))
    return world


def numbers(world: World, scope: str) -> dict[str, Any]:
    """The report on a scope without the number of tickets of its sources."""
    document: dict[str, Any] = document_of(report_on(world, scope))
    for source in document["sources"]:
        del source["tickets"]
    return document


@postgres_is_slow
def test_sixteen_stray_tickets_from_before_the_data_change_no_number(database: Database) -> None:
    world = desk(database)
    world.analyse()
    with world.analyst.snapshot(parse_scope("all"), world.as_of) as snapshot:
        evidence = collect(snapshot).evidence
    assert (evidence.known_from, partial_weeks(evidence)) == (BEGIN.replace(hour=0), 13)
    scopes = ("all", "source:alpha", "kind:incident")
    before = {scope: numbers(world, scope) for scope in scopes}
    assert any("look back beyond" in reason for reason in before["all"]["verdict"]["how_sure"])
    dice = random.Random(1)
    for number in range(STRAYS):
        at = BEGIN - timedelta(days=dice.randrange(40, 1_800))
        world.write(closed(ticket(f"s{number}", title=TITLES[6], service=f"Attic {number}", opened_at=at), 2))
    world.analyse()
    assert world.sums()["opened"] == 20 + 400 + STRAYS
    assert {scope: numbers(world, scope) for scope in scopes} == before
