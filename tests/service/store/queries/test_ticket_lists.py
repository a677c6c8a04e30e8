"""Lists are counted as fast however many tickets there are."""

import pytest
from sqlalchemy import event

from service.store.database import Database
from service.store.queries import ticket_lists
from service.store.queries.scopes import Scope, Span
from service.store.queries.ticket_lists import TicketQuery
from tests.service.report.company import company

ALL_TIME = Span(0, 4_000_000_000)


@pytest.fixture(scope="module")
def analysed(module_database: Database) -> Database:
    """The company, analysed, in a database of each kind. Only read it."""
    company(module_database).analyse()
    return module_database


@pytest.mark.parametrize("about", ["repeat_share", "endless_share", "opened", "resolved"])
def test_as_many_are_counted_as_listed(analysed: Database, about: str) -> None:
    expected = TicketQuery(Scope(), about, ALL_TIME)
    with analysed.read() as connection:
        assert (
            ticket_lists.count_tickets(connection, expected)[0]
            == len(ticket_lists.list_tickets(connection, expected, 1000))
            > 0
        )


@pytest.mark.parametrize("about", ["opened", "repeat_share"])
def test_more_tickets_than_are_counted_show_as_more(
    analysed: Database, monkeypatch: pytest.MonkeyPatch, about: str
) -> None:
    monkeypatch.setattr(ticket_lists, "MAX_COUNTED", 3)
    with analysed.read() as connection:
        assert ticket_lists.count_tickets(connection, TicketQuery(Scope(), about, ALL_TIME))[0] == 4


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("about", ["repeat_share", "endless_share"])
def test_tickets_of_families_are_counted_family_by_family(database: Database, about: str) -> None:
    company(database).analyse()
    statements: list[tuple[str, tuple[object, ...]]] = []
    with database.read() as connection:
        event.listen(
            connection,
            "before_cursor_execute",
            lambda *event_arguments: statements.append((event_arguments[2], event_arguments[3])),
        )
        ticket_lists.count_tickets(connection, TicketQuery(Scope(), about, ALL_TIME))
        plans = {
            str(step[3])
            for statement, values in list(statements)
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        }
    assert any("family_returning" in step for step in plans)
    assert any(step.startswith("SEARCH fact ") and "(family_id=?)" in step for step in plans)
    assert not any("SCAN fact" in step or "fact_by_opening" in step for step in plans)
