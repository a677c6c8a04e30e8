from datetime import timedelta

import pytest

from service.store.database import Database
from service.store.tickets import queue
from tests.factory import START, ticket
from tests.service.pipeline.world import World, opened

LATER = START + timedelta(hours=1)


def test_a_ticket_that_is_queued_twice_is_taken_once_and_in_order(database: Database) -> None:
    with database.write() as connection:
        queue.add(connection, database, [3, 1])
        queue.add(connection, database, [2, 3])
        assert queue.pending(connection, START) == 3
        assert queue.take(connection, 2, START) == [1, 2]
        assert queue.take(connection, 2, START) == [3]
        assert queue.take(connection, 2, START) == []


def test_a_ticket_that_is_queued_for_later_waits_for_its_moment(database: Database) -> None:
    with database.write() as connection:
        queue.add_later(connection, database, {1: LATER, 2: LATER + timedelta(microseconds=1)})
        assert (queue.pending(connection, START), queue.pending(connection, LATER)) == (0, 1)
        assert queue.take(connection, 5, LATER - timedelta(microseconds=1)) == []
        assert queue.take(connection, 5, LATER) == [1]


@pytest.mark.parametrize("later_first", [True, False])
def test_a_written_ticket_does_not_wait_for_its_later_moment(database: Database, later_first: bool) -> None:
    with database.write() as connection:
        if later_first:
            queue.add_later(connection, database, {1: LATER})
        queue.add(connection, database, [1])
        queue.add_later(connection, database, {1: LATER})
        assert queue.take(connection, 5, START) == [1]


def test_a_transaction_that_fails_takes_nothing(database: Database) -> None:
    with database.write() as connection:
        queue.add(connection, database, [1])

    def fail() -> None:
        with database.write() as connection:
            assert queue.take(connection, 5, START) == [1]
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with database.read() as connection:
        assert queue.pending(connection, START) == 1


def test_all_tickets_of_one_source_are_queued(database: Database) -> None:
    world = World(database)
    world.write(ticket("a", opened_at=opened(1)), ticket("b", opened_at=opened(1)))
    world.write(ticket("c", opened_at=opened(1)), source="beta")
    world.analyse()
    with database.write() as connection:
        queue.add_source(connection, database, world.numbers["alpha"])
        assert queue.pending(connection, world.as_of) == 2
        queue.clear(connection)
        assert queue.pending(connection, world.as_of) == 0
