"""Tests of the audit sample: who is drawn, what is shown, and which answers count."""

import pytest

from service.pipeline import audit_sample
from service.pipeline.audit_sample import SampleTicket
from service.pipeline.corrections import UnknownName
from service.store.database import Database
from tests.factory import ticket
from tests.marks import postgres_is_slow
from tests.service.pipeline.world import World, closed, opened

pytestmark = postgres_is_slow

SPOOLER, GATEWAY = "Print spooler hangs after every windows update", "Mail gateway rejects every attachment of invoices"


@pytest.fixture
def world(database: Database) -> World:
    """A world of eight weeks in which one problem comes back every third day."""
    world = World(database, as_of=opened(56))
    for number in range(10):
        world.write(closed(ticket(str(number), title=SPOOLER, opened_at=opened(3 * number)), 1))
    world.write(closed(ticket("20", title=GATEWAY, opened_at=opened(5)), 1))
    world.analyse()
    return world


def drawn(world: World) -> dict[str, SampleTicket]:
    return {shown.id: shown for shown in audit_sample.to_judge(world.analyst, 60)}


def test_a_repeat_is_shown_beside_the_nearest_earlier_ticket_of_its_family(world: World) -> None:
    sample = drawn(world)

    assert {id_ for id_, shown in sample.items() if shown.question == "missed"} == {"0", "20"}
    assert [earlier.key for earlier in sample["4"].earlier] == ["INC3"]


def test_a_ticket_that_is_no_repeat_is_shown_beside_earlier_tickets_that_are_like_it(world: World) -> None:
    world.write(closed(ticket("21", title="Print gateway rejects spooler", opened_at=opened(12.5)), 1))
    world.analyse()

    assert {earlier.key for earlier in drawn(world)["21"].earlier} == {"INC4", "INC20"}


def test_the_same_are_drawn_after_a_rebuild(world: World) -> None:
    before = [shown.id for shown in audit_sample.to_judge(world.analyst, 60)]
    world.analyse(rebuild=True)
    assert [shown.id for shown in audit_sample.to_judge(world.analyst, 60)] == before


def test_an_answer_counts_as_long_as_the_ticket_is_what_was_judged(world: World) -> None:
    audit_sample.judge(world.analyst, "INC4", same=True)
    audit_sample.judge(world.analyst, "INC20", same=False)
    sample = audit_sample.progress(world.analyst)["alpha"].sample
    assert (sample.judged_repeats, sample.confirmed, sample.judged_others, sample.missed) == (1, 1, 1, 0)
    assert drawn(world).keys().isdisjoint({"4", "20"})

    world.correct("split", "4")
    world.analyse()

    sample = audit_sample.progress(world.analyst)["alpha"].sample
    assert (sample.judged_repeats, sample.judged_others) == (0, 1)
    assert drawn(world)["4"].question == "missed"


def test_an_answer_older_than_26_weeks_counts_no_more(world: World) -> None:
    audit_sample.judge(world.analyst, "INC4", same=True)
    with world.database.write() as connection:
        connection.exec_driver_sql("UPDATE audit_answer SET at = '2025-06-01 00:00:00'")

    assert audit_sample.progress(world.analyst)["alpha"].sample.judged_repeats == 0
    assert "4" in drawn(world)


def test_what_no_sample_draws_cannot_be_judged(world: World) -> None:
    world.write(ticket("30", kind="change", title="Replace the mail gateway", opened_at=opened(6)))
    world.analyse()
    with pytest.raises(UnknownName, match="in no audit sample"):
        audit_sample.judge(world.analyst, "INC30", same=True)
    with pytest.raises(UnknownName, match="nobody has judged"):
        audit_sample.take_back(world.analyst, "INC4")
