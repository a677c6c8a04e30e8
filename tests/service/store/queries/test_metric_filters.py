"""Tickets that came back within 30 days, on every database."""

from datetime import timedelta

import pytest

from service.store.database import Database
from service.store.queries import ticket_lists
from service.store.queries.scopes import ALL_TIME, Scope
from service.store.queries.ticket_lists import TicketQuery
from tests.factory import moved, ticket
from tests.service.pipeline.world import World, opened, state_of

HOURS_OF_30_DAYS = 30 * 24


@pytest.mark.parametrize(
    ("about", "ids"),
    [("first", {"soon", "just", "late", "never"}), ("reopen_rate", {"soon", "just"}), ("stayed", {"late", "never"})],
)
def test_tickets_that_came_back_within_30_days_are_one_list_and_the_rest_another(
    database: Database, about: str, ids: set[str]
) -> None:
    world = World(database)
    start = (opened(0) - moved(0, "New", "Active").at) / timedelta(hours=1)
    for id_, hours in (("soon", 1), ("just", HOURS_OF_30_DAYS), ("late", HOURS_OF_30_DAYS + 0.01), ("never", None)):
        changes = [moved(start, "New", "Active"), moved(start + 1, "Active", "Resolved")]
        changes += [moved(start + 1 + hours, "Resolved", "Active")] if hours is not None else []
        sample = ticket(id_, title=f"{id_} {id_}", opened_at=opened(0))
        world.write(sample.model_copy(update=state_of(tuple(changes))))
    world.analyse()
    with database.read() as connection:
        result = ticket_lists.list_tickets(connection, TicketQuery(Scope(), about, ALL_TIME), 10)
    assert {row["id"] for row in result} == ids
