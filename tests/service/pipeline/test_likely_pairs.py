"""Likely pairs: what a person is asked about, and that it depends on the stored tickets alone."""

import random

import pytest

from service.pipeline import pair_answers
from service.pipeline.corrections import UnknownName
from service.pipeline.likely_pairs import PUT_OFF, LikelyPair, PairQueue
from service.pipeline.pair_answers import Answer
from service.store.database import Database
from tests.factory import ticket
from tests.service.pipeline.world import World, closed, opened

GATEWAY = ticket("1", title="Mail gateway rejects every invoice", description="Sender gets code relay-denied")
REWORDED = ticket("2", title="Invoices bounce at night", description="The gateway answers relay-denied to the sender")
AGAIN = ticket("3", title="Mail gateway rejects every invoice", description="Sender gets code relay-denied once more")
SPOOLER = ticket("4", title="Print spooler hangs after updates", description="Only on the second floor")
PAPER = ticket("5", title="Spooler of the printers eats paper", description="A technician came and went")
TICKETS = [closed(each.model_copy(update={"opened_at": opened(int(each.id))}), 1) for each in (
    GATEWAY, REWORDED, AGAIN, SPOOLER, PAPER
)]  # fmt: skip


@pytest.fixture
def world(database: Database) -> World:
    """A world in which one problem was told in two wordings, one of them twice."""
    world = World(database, as_of=opened(56))
    world.write(*TICKETS)
    world.analyse()
    return world


def listed(world: World, limit: int = 100) -> list[LikelyPair]:
    return PairQueue(world.analyst).pairs(limit)


def keys(world: World) -> list[tuple[str, ...]]:
    return [tuple(ticket.key for ticket in pair.tickets) for pair in listed(world)]


def test_the_likeliest_pair_comes_first_and_two_families_are_paired_once(world: World) -> None:
    assert world.families() == {frozenset({"1", "3"}), frozenset("2"), frozenset("4"), frozenset("5")}
    pairs = listed(world)

    assert [ticket.key for ticket in pairs[0].tickets] in (["INC1", "INC2"], ["INC2", "INC3"])
    families = [frozenset(ticket.family for ticket in pair.tickets) for pair in pairs]
    assert len(set(families)) == len(families)
    assert all(len(family) == 2 for family in families)
    assert ("INC4", "INC5") in keys(world)
    assert [pair.probability for pair in pairs] == sorted((pair.probability for pair in pairs), reverse=True)
    assert listed(world, limit=1) == pairs[:1]


def test_the_same_pairs_are_listed_after_a_rebuild_and_in_any_order_of_arrival(world: World) -> None:
    before = listed(world)
    world.analyse(rebuild=True)
    assert listed(world) == before

    world.clear()
    for each in random.Random(5).sample(TICKETS, len(TICKETS)):
        world.write(each)
        world.analyse()

    assert listed(world) == before


def test_what_people_closed_as_a_duplicate_is_likelier(world: World) -> None:
    before = {tuple(ticket.key for ticket in pair.tickets): pair.probability for pair in listed(world)}
    world.change("5", resolution_code="Duplicate")
    world.analyse()
    pairs = listed(world)

    assert [ticket.key for ticket in pairs[0].tickets] == ["INC4", "INC5"]
    assert pairs[0].marked
    assert not pairs[1].marked
    assert before["INC4", "INC5"] < pairs[1].probability < pairs[0].probability


def test_merged_families_are_asked_about_no_more(world: World) -> None:
    world.correct("merge", "1", "2")
    world.analyse()

    assert {("INC1", "INC2"), ("INC2", "INC3")}.isdisjoint(keys(world))


@pytest.mark.parametrize("correction", ["dismiss", "split"])
def test_what_a_person_has_dismissed_or_split_off_is_in_no_pair(world: World, correction: str) -> None:
    world.correct("split" if correction == "split" else "dismiss", "2")
    world.analyse()

    assert keys(world)
    assert not [pair for pair in keys(world) if "INC2" in pair]


def test_tickets_of_other_sources_are_not_compared(world: World) -> None:
    world.clear()
    world.write(TICKETS[0])
    world.write(TICKETS[1], source="beta")
    world.analyse()

    assert listed(world) == []


def test_tickets_of_long_ago_are_compared(world: World) -> None:
    world.clear()
    world.write(TICKETS[3].model_copy(update={"opened_at": opened(-3650)}), TICKETS[4])
    world.analyse()

    assert keys(world) == [("INC4", "INC5")]


def test_nothing_is_likely_before_the_first_analysis(database: Database) -> None:
    assert listed(World(database)) == []


def test_the_same_problem_is_one_family_from_then_on_and_survives_a_rebuild(world: World) -> None:
    assert pair_answers.answer(world.analyst, ("alpha:3", "INC2"), "same") == "INC3 and INC2 are the same problem"
    world.analyse()
    assert world.families() == {frozenset("123"), frozenset("4"), frozenset("5")}

    world.analyse(rebuild=True)
    assert world.families() == {frozenset("123"), frozenset("4"), frozenset("5")}

    pair_answers.take_back(world.analyst, ("INC2", "INC3"))
    world.analyse()
    assert world.families() == {frozenset({"1", "3"}), frozenset("2"), frozenset("4"), frozenset("5")}


@pytest.mark.parametrize("given", ["not", "later"])
def test_families_of_a_settled_pair_are_asked_about_no_more(world: World, given: Answer) -> None:
    # Another ticket of the family than the one that is shown: the answer is about the two problems.
    pair_answers.answer(world.analyst, ("INC2", "INC1"), given)
    world.analyse()
    assert {("INC1", "INC2"), ("INC2", "INC3")}.isdisjoint(keys(world))
    world.analyse(rebuild=True)
    assert {("INC1", "INC2"), ("INC2", "INC3")}.isdisjoint(keys(world))
    assert world.families() == {frozenset({"1", "3"}), frozenset("2"), frozenset("4"), frozenset("5")}

    pair_answers.take_back(world.analyst, ("INC1", "INC2"))
    assert not {("INC1", "INC2"), ("INC2", "INC3")}.isdisjoint(keys(world))


def test_a_pair_that_was_put_off_is_asked_about_again_after_a_week(world: World) -> None:
    before = keys(world)
    world.correct("later", "1", "2")
    feedback_at = world.as_of
    world.as_of = feedback_at + PUT_OFF / 2
    world.analyse()
    assert keys(world) != before

    world.as_of = feedback_at + PUT_OFF
    world.analyse()
    assert keys(world) == before


def test_a_later_answer_takes_the_place_of_the_earlier_one(world: World) -> None:
    pair_answers.answer(world.analyst, ("INC1", "INC2"), "not")
    pair_answers.answer(world.analyst, ("INC2", "INC1"), "same")

    assert [correction.what for correction in world.corrections()] == ["same"]
    assert pair_answers.count_answers(world.analyst) == {"same": 1}


def test_answers_teach_the_order_of_the_pairs_that_are_left(world: World) -> None:
    def probability() -> float:
        [found_pair] = [pair for pair in listed(world) if [each.key for each in pair.tickets] == ["INC4", "INC5"]]
        return found_pair.probability

    before = probability()
    pair_answers.answer(world.analyst, ("INC1", "INC2"), "not")
    world.analyse()
    doubtful = probability()
    pair_answers.answer(world.analyst, ("INC1", "INC2"), "same")
    world.analyse()

    assert doubtful < before < probability()


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        (("INC1",), "a pair is two tickets, not 1"),
        (("INC1", "alpha:1"), "INC1 is one ticket: name two"),
        (("INC1", "INC99"), "no ticket has the key or id 'INC99'"),
        (("INC1", "beta:9"), "tickets of different sources are never the same problem"),
    ],
)
def test_what_is_no_pair_is_refused(world: World, names: tuple[str, ...], problem: str) -> None:
    world.write(PAPER.model_copy(update={"id": "9", "key": "INC9"}), source="beta")
    with pytest.raises(UnknownName, match=problem):
        pair_answers.answer(world.analyst, names, "same")
    with pytest.raises(UnknownName, match="nobody has answered about INC1 and INC2"):
        pair_answers.take_back(world.analyst, ("INC1", "INC2"))
    assert world.corrections() == []


def test_answers_are_in_the_audit_trail(world: World) -> None:
    for given in ("not", "later", "same"):
        pair_answers.answer(world.analyst, ("INC1", "INC2"), given)
    with world.database.read() as connection:
        rows = connection.exec_driver_sql('SELECT what, subject, "after" FROM audit ORDER BY id').all()

    assert [row[0] for row in rows] == ["not", "undo not", "later", "undo later", "same"]
    assert {row[1] for row in rows} == {"alpha:INC1, alpha:INC2"}
    assert [row[2] for row in rows][::2][:2] == ["not the same problem", "to be asked again"]


def test_what_is_one_problem_already_cannot_be_called_two(world: World) -> None:
    with pytest.raises(UnknownName, match=r"INC1 and INC3 are one problem already: treadmill cycles split F\w+ TICKET"):
        pair_answers.answer(world.analyst, ("INC1", "INC3"), "not")
    assert world.corrections() == []

    pair_answers.answer(world.analyst, ("INC1", "INC2"), "same")
    world.analyse()
    assert pair_answers.answer(world.analyst, ("INC1", "INC2"), "not") == "INC1 and INC2 are not the same problem"
    assert [correction.what for correction in world.corrections()] == ["not"]
