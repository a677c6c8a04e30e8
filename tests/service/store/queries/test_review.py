"""The review list of commands and of pages is the same, below the same confidence, and read by its index."""

import pytest
from sqlalchemy import event

from service.analysis.fact import DECIDED_FROM
from service.store.database import Database
from service.store.queries import review
from service.store.queries.export import analysed_tickets
from service.store.queries.scopes import Scope
from service.store.results.tables import FactRow
from service.store.tickets.tables import table_of
from tests.factory import ticket
from tests.service.pipeline.world import SOURCES, World, opened

FACT = table_of(FactRow)
LISTS = (review.in_doubt, review.contradicting)


def doubtful_world(database: Database) -> World:
    """Tickets in doubt, contradicting ones, and clear ones; one in doubt has a label."""
    world = World(database)
    titles = {"task": ("Help",), "defect": ("Add dark mode", "Help")}
    kinds = [(kind, title) for kind, of_kind in titles.items() for title in of_kind]
    for place, (kind, title) in enumerate(kinds * 2):
        source = SOURCES[place // len(kinds)]
        world.write(ticket(f"{kind}{place}", kind=kind, title=title, opened_at=opened(place)), source=source)
    world.label("task0", "reactive", "alpha")
    world.analyse()
    return world


def test_commands_and_pages_list_the_same_tickets(database: Database) -> None:
    world = doubtful_world(database)
    facts = [stored.fact for source in SOURCES for stored in world.facts(source).values()]
    with database.read() as connection:
        in_doubt, contradicting = (sorted(row["key"] for row in rows(connection, Scope(), 1000)) for rows in LISTS)
        assert review.review_counts(connection, Scope()) == (len(in_doubt), len(contradicting))
        command = review.review_list(connection, 1000)
    uncertain = [fact.key for fact in facts if fact.confidence < DECIDED_FROM]
    assert in_doubt == sorted(uncertain) != []
    assert sorted(ticket.key for ticket in command if ticket.confidence < DECIDED_FROM) == in_doubt
    certain = [ticket.key for ticket in command if ticket.confidence >= DECIDED_FROM]
    assert sorted(certain) == sorted(set(contradicting) - set(in_doubt))


def test_an_undecided_ticket_has_no_nature_but_a_likeliest_class(database: Database) -> None:
    world = doubtful_world(database)
    with database.read() as connection:
        [row] = review.in_doubt(connection, Scope(), 1000)
        [listed] = [ticket for ticket in review.review_list(connection, 1000) if ticket.key == row["key"]]
    assert (row["nature"], row["work_class"], row["likeliest"]) == ("undecided", "undecided", "maintenance")
    assert (listed.nature, listed.work_class, listed.likeliest) == ("undecided", "undecided", "maintenance")
    [exported] = analysed_tickets(world.database, world.database, FACT.c.external_id == row["id"])
    assert (exported["nature"], exported["work_class"], exported["confidence"]) == ("undecided", "undecided", 0.5)


def test_a_labelled_ticket_leaves_the_list_before_the_next_analysis(database: Database) -> None:
    world = doubtful_world(database)
    with database.read() as connection:
        [doubtful] = review.in_doubt(connection, Scope(), 1000)
    world.label(doubtful["id"], "reactive", doubtful["source"])
    with database.read() as connection:
        assert review.in_doubt(connection, Scope(), 1000) == []
        assert doubtful["key"] not in {row["key"] for row in review.contradicting(connection, Scope(), 1000)}
        assert doubtful["key"] not in {row.key for row in review.review_list(connection, 1000)}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_list_is_read_by_its_index(database: Database) -> None:
    [index] = (index for index in table_of(FactRow).indexes if index.name == "fact_in_doubt")
    for dialect in ("sqlite", "postgresql"):
        assert str(index.dialect_options[dialect]["where"]) == f"confidence < {DECIDED_FROM}"
    statements: list[tuple[str, tuple[object, ...]]] = []
    with database.read() as connection:
        event.listen(connection, "before_cursor_execute", lambda *call: statements.append((call[2], call[3])))
        review.in_doubt(connection, Scope(), 20)
        statement, values = next(call for call in statements if call[0].startswith("SELECT"))
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    assert any("fact_in_doubt" in str(step[3]) for step in plan)
