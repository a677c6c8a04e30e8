"""Tests of what an analysis keeps of visibility and recall."""

import pytest

from connectors.model import Link
from service.report.document import report
from service.store.database import Database
from service.store.queries.scopes import Scope
from service.store.results import recognition
from tests.factory import ticket
from tests.marks import postgres_is_slow
from tests.service.pipeline.world import World, closed, opened

SPOOLER, MAILBOX = "Print spooler hangs after every windows update", "Mailbox full of invoices"


pytestmark = postgres_is_slow


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def recall(world: World) -> tuple[int, int]:
    """Return (recognised, marked) of the first source."""
    world.analyse()
    with world.database.read() as connection:
        return recognition.recall_counts(connection).get(world.numbers["alpha"], (0, 0))


def write(world: World, id_: str, title: str, day: float, code: str | None = None, **given: object) -> None:
    resolved = closed(ticket(id_, title=title, opened_at=opened(day), **given), 1)
    world.write(resolved.model_copy(update={"resolution_code": code}))


def test_a_marked_ticket_is_recognised_by_an_earlier_one_with_its_text(world: World) -> None:
    write(world, "1", SPOOLER, 1)
    write(world, "2", SPOOLER, 2, "Duplicate")
    write(world, "3", MAILBOX, 3, "Duplicate")

    assert recall(world) == (1, 2)


def test_links_are_withheld(world: World) -> None:
    write(world, "1", SPOOLER, 1)
    write(world, "2", MAILBOX, 2, links=(Link(relation="duplicate_of", target="1"),))

    assert recall(world) == (0, 1)


def test_only_an_earlier_ticket_recognises(world: World) -> None:
    write(world, "1", SPOOLER, 1, "Duplicate")
    write(world, "2", SPOOLER, 2)

    assert recall(world) == (0, 1)


def test_recall_follows_what_changes_near_a_marked_ticket(world: World) -> None:
    write(world, "1", MAILBOX, 1)
    write(world, "2", SPOOLER, 2, "Duplicate")
    assert recall(world) == (0, 1)

    write(world, "3", f"{SPOOLER} today", 1)
    assert recall(world) == (1, 1)

    world.change("3", title=MAILBOX)
    assert recall(world) == (0, 1)

    world.change("2", resolution_code="Fixed")
    assert recall(world) == (0, 0)


def test_a_label_that_many_share_says_nothing(world: World) -> None:
    for number in range(12):
        write(world, str(number), "Printer problem", number)
    write(world, "20", "Mouse problem", 20)
    world.analyse()

    labels = {id_: stored.visibility.label for id_, stored in world.facts().items() if stored.visibility}

    with world.database.read() as connection:
        assert recognition.shared_labels(connection) == [labels["1"]]
    for number in range(12):
        world.remove(str(number))
    world.analyse()
    with world.database.read() as connection:
        assert recognition.shared_labels(connection) == []


def test_a_report_says_what_can_be_seen_and_recognised(world: World) -> None:
    world.as_of = opened(8 * 7)
    for number in range(24):
        write(world, str(number), SPOOLER, 2 * number, "Duplicate" if number else None)
    write(world, "30", "Printer problem", 10)
    write(world, "31", "PROD582", 11)
    world.analyse()

    with world.analyst.snapshot(Scope(), world.as_of) as snapshot:
        document = report(snapshot)

    [source] = [source for source in document.sources if source.name == "alpha"]
    assert source.visibility is not None
    assert (source.visibility.n, source.visibility.words) == (26, 24 / 26)
    assert (source.visibility.label, source.visibility.nothing) == (1 / 26, 1 / 26)
    assert source.recall is not None
    assert (source.recall.recognised, source.recall.n, source.recall.origin) == (23, 23, "people")
