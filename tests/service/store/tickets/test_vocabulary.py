"""Words that nobody understood: which are listed, and how many tickets they concern."""

import pytest
from sqlalchemy import select, text

from connectors.model import UnknownWord, WordField
from service.store.database import Database
from service.store.tickets.vocabulary import FIELDS, TICKET, unknown_tickets, unknown_words, unknown_words_of
from tests.factory import ticket
from tests.marks import postgres_is_slow
from tests.service.pipeline.world import World

pytestmark = postgres_is_slow


@pytest.fixture
def world(database: Database) -> World:
    """Return a world whose first source has words that nobody understood."""
    filled = World(database)
    filled.write(
        *(ticket(f"o{number}", status="Odd") for number in range(3)),
        ticket("both", status="Odd", kind="other", source_kind="Umbrella"),
        ticket("kind", kind="other", source_kind="Umbrella"),
        ticket("none", kind="other", source_kind=""),
        ticket("level", priority="Whenever"),
        ticket("known", priority="High", priority_level=2),
        ticket("gone", status="Odd"),
    )
    filled.write(ticket("b"), source="beta")
    filled.remove("gone")
    return filled


def test_words_that_nobody_understood_are_listed_by_name_and_count(world: World) -> None:
    words: list[tuple[WordField, str, int, str]] = [
        ("status", "Odd", 4, """TREADMILL_SOURCES__ALPHA__STATUS_MAP={"Odd": "?"}"""),
        ("kind", "Umbrella", 2, """TREADMILL_SOURCES__ALPHA__KIND_MAP={"Umbrella": "?"}"""),
        ("priority", "Whenever", 1, """TREADMILL_SOURCES__ALPHA__PRIORITY_MAP={"Whenever": "?"}"""),
    ]
    assert unknown_words(world.database) == {
        "alpha": tuple(UnknownWord(field=field, word=word, tickets=n, remedy=line) for field, word, n, line in words),
        "beta": (),
    }
    assert len(unknown_words_of(world.database, world.numbers["alpha"])) == len(words)


def test_a_ticket_of_two_unknown_words_counts_once(world: World) -> None:
    assert unknown_tickets(world.database) == {world.numbers["alpha"]: 5}


@pytest.mark.parametrize("field", FIELDS)
def test_tickets_with_unknown_words_are_found_by_an_index(world: World, field: WordField) -> None:
    if not world.database.is_sqlite:
        pytest.skip("PostgreSQL reads a table of ten rows whole")
    with world.database.read() as connection:
        statement = select(TICKET.c.source_id).where(FIELDS[field][1])
        plan = connection.execute(text(f"EXPLAIN QUERY PLAN {statement.compile(connection)}"))
        assert f"ticket_unknown_{field}" in str(plan.all())
