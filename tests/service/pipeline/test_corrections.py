"""Corrections by people, and their refusal: names that are not enough, families that cannot be one."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from service.analysis.classify import Override
from service.pipeline import corrections
from service.pipeline.analyst import Analyst
from service.pipeline.corrections import UnknownName
from service.pipeline.explanation import explain
from service.store.database import Database
from service.store.results.feedback import corrections as stored_words
from service.store.tickets import audit
from tests.marks import postgres_is_slow
from tests.service.pipeline.test_families import incident
from tests.service.pipeline.world import TITLES, World

pytestmark = postgres_is_slow
MAIL, PRINTER = TITLES[0], TITLES[5]
UTC = ZoneInfo("UTC")


@pytest.fixture
def world(database: Database) -> World:
    """Two sources that call their tickets alike."""
    world = World(database)
    world.write(incident("a", MAIL, 0), incident("b", PRINTER, 1))
    world.write(incident("a", MAIL, 0), source="beta")
    world.analyse()
    return world


@pytest.fixture
def analyst(world: World) -> Analyst:
    return world.analyst


def test_a_key_that_two_sources_have_needs_its_source(world: World, analyst: Analyst) -> None:
    with pytest.raises(UnknownName, match="name one of alpha:INCa, beta:INCa"):
        corrections.label(analyst, "INCa", Override("proactive", None))
    assert corrections.label(analyst, "BETA:INCa", Override("proactive", None)).startswith("INCa is proactive")
    world.analyse()
    assert (world.facts()["a"].fact.nature, world.facts("beta")["a"].fact.nature) == ("reactive", "proactive")


def after(world: World) -> object:
    """Return what the latest entry of the audit trail says of the time after."""
    *_, last = audit.entries(world.database)
    return last["after"]


def test_the_audit_trail_names_the_family_that_a_correction_makes(world: World, analyst: Analyst) -> None:
    world.write(incident("c", PRINTER, 9))
    world.analyse()
    corrections.merge(analyst, [world.family("b").name, world.family("a").name])
    merged = after(world)
    world.analyse()
    assert {world.family(id_).name for id_ in "abc"} == {merged}
    corrections.split(analyst, [world.family("a").name, "alpha:INCc", "alpha:INCb"])
    parted = after(world)
    world.analyse()
    assert {world.family(id_).name for id_ in "bc"} == {parted} != {world.family("a").name}
    corrections.dismiss(analyst, [world.family("a").name])
    assert after(world) == "dismissed"


def test_an_id_names_a_ticket_as_well_as_its_key(analyst: Analyst) -> None:
    assert explain(analyst, "b") == explain(analyst, "alpha:INCb")


def test_families_of_two_sources_cannot_be_one(world: World, analyst: Analyst) -> None:
    names = [world.family("a").name, world.family("a", "beta").name]
    with pytest.raises(UnknownName, match="different sources"):
        corrections.merge(analyst, names)
    with world.database.read() as connection:
        assert stored_words(connection) == []


def test_a_later_label_replaces_an_earlier_one(world: World, analyst: Analyst) -> None:
    for nature, work_class in (("proactive", "delivery"), ("reactive", "rework")):
        corrections.label(analyst, "INCb", Override(nature, work_class))  # type: ignore[arg-type]
    world.analyse()
    fact = world.facts()["b"].fact
    assert (fact.nature, fact.work_class, fact.confidence) == ("reactive", "rework", 1.0)


def test_a_label_is_forgotten_once(world: World, analyst: Analyst) -> None:
    corrections.label(analyst, "INCb", Override("proactive", "delivery"))
    world.analyse()
    assert corrections.forget(analyst, "INCb") == "INCb is decided by the rules again"
    world.analyse()
    fact = world.facts()["b"].fact
    assert (fact.nature, fact.decided_by.startswith("person")) == ("reactive", False)
    with pytest.raises(UnknownName, match="nobody has labelled INCb"):
        corrections.forget(analyst, "INCb")


def test_words_are_listed_with_their_tickets_and_families_the_latest_first(world: World, analyst: Analyst) -> None:
    mail, printer = world.family("a").name, world.family("b").name
    corrections.merge(analyst, [mail, printer])
    world.analyse()
    corrections.split(analyst, [printer, "INCb"])
    world.analyse()
    split, merge = corrections.listed(analyst)
    assert (split.record.what, split.keys, dict(split.families)) == ("split", ("INCb",), {printer: PRINTER})
    assert (merge.record.what, merge.keys) == ("merge", ("INCa", "INCb"))
    assert dict(merge.families) == {mail: MAIL, printer: PRINTER}, "the later word counts"
    assert corrections.listed(analyst, mail) == [merge]
    assert corrections.as_line(merge, UTC).split(maxsplit=3)[1:] == [
        f"{merge.record.at:%Y-%m-%d}", "merge", f"INCa, INCb in {mail}, {printer}",
    ]  # fmt: skip


def test_a_word_is_taken_back_by_its_number_and_only_of_the_family_that_is_named(
    world: World, analyst: Analyst
) -> None:
    corrections.dismiss(analyst, [world.family("b").name])
    [correction] = corrections.listed(analyst)
    with pytest.raises(UnknownName, match="no correction has the number"):
        corrections.undo(analyst, correction.record.id, world.family("a").name)
    with pytest.raises(UnknownName, match=f"no correction has the number {correction.record.id + 1}"):
        corrections.undo(analyst, correction.record.id + 1)
    assert corrections.undo(analyst, correction.record.id, world.family("b").name).startswith("undone: ")
    assert corrections.listed(analyst) == []


def test_a_ticket_that_is_gone_is_said_to_be_gone(world: World, analyst: Analyst) -> None:
    world.remove("b")
    world.analyse()
    assert explain(analyst, "INCb") == "INCb was deleted in its source and is no longer analysed"


def test_a_ticket_that_has_not_opened_yet_is_not_said_to_be_gone(world: World, analyst: Analyst) -> None:
    opens_at = datetime.now(UTC) + timedelta(days=400)
    world.change("b", opened_at=opens_at, updated_at=opens_at, resolved_at=None, closed_at=None, transitions=())
    world.analyse()
    assert explain(analyst, "INCb").startswith("INCb opens on ")


def test_an_explanation_tells_life_class_and_family(world: World, analyst: Analyst) -> None:
    lines = explain(analyst, "INCb").splitlines()
    assert lines[0] == f"INCb: {PRINTER}"
    assert [line for line in lines if line in ("Life", "Class", "Family")] == ["Life", "Class", "Family"]
    assert any(line.startswith("  decision: reactive, failure") for line in lines)
    assert f"{world.family('b').name}: {PRINTER}" in "\n".join(lines)


def test_nothing_in_doubt_is_an_empty_list(analyst: Analyst) -> None:
    assert corrections.review_list(analyst, 10) == []
