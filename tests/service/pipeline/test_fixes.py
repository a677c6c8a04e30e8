"""Fixes: the tickets that are one, by kind, nature and relation."""

import pytest

from connectors.model import Kind, Link, Relation, StatusCategory
from service.analysis.controls import LEAST_CONTROLS
from service.store.results import fixes, links
from service.store.results.fixes import StoredFix
from tests.factory import ticket
from tests.marks import postgres_is_slow
from tests.service.pipeline.comparison import differences, stored_results
from tests.service.pipeline.test_families import incident
from tests.service.pipeline.world import TITLES, World, closed, opened

pytestmark = postgres_is_slow
MAIL = TITLES[0]
TOPICS = (
    "Payroll export", "Badge reader", "Video wall", "Backup tape", "Customs declaration", "Heating valve",
    "Elevator display", "Loyalty card", "Forklift battery", "Museum audio guide",
)  # fmt: skip


def stored_fixes(world: World) -> list[StoredFix]:
    with world.database.read() as connection:
        return list(fixes.read(connection).values())


def write_cycle(world: World, link: Link | None = None) -> None:
    """Write a problem that comes back every week, its second ticket with a link."""
    links = {1: (link,)} if link else {}
    world.write(*(incident(str(week), MAIL, 7 * week, *links.get(week, ())) for week in range(8)))


def write_ending(world: World, number: int) -> None:
    """Write another problem that came every week for nine weeks, a little earlier, and then no more."""
    title = f"{TOPICS[number]} stuck"
    world.write(*(incident(f"{number}-{week}", title, 7 * week - number / 10) for week in range(9)))


def write_fix(world: World, kind: Kind, *links: Link, title: str = "Planned upgrade of the gateway") -> None:
    world.write(closed(ticket("f", kind=kind, title=title, opened_at=opened(51), links=links), 4))


@pytest.mark.parametrize(
    ("relation", "kind", "is_fix"),
    [
        ("problem", "problem", True),
        ("change", "change", True),
        ("fixed_by", "task", True),
        ("fixed_by", "feature", True),
        ("parent", "problem", True),
        ("caused_by", "problem", True),
        ("caused_by", "change", False),
        ("causes", "problem", False),
        ("fixes", "task", False),
        ("child", "task", False),
        ("related", "change", False),
        ("duplicate_of", "task", False),
        ("fixed_by", "defect", False),
        ("fixed_by", "other", False),
    ],
)
def test_a_ticket_of_a_problem_names_its_fix_by_a_relation_that_means_it(
    world: World, relation: Relation, kind: Kind, is_fix: bool
) -> None:
    write_cycle(world, Link(relation=relation, target="f"))
    write_fix(world, kind)
    world.label("f", "proactive")
    world.analyse()
    assert len(stored_fixes(world)) == is_fix


@pytest.mark.parametrize(
    ("relation", "kind", "is_fix"),
    [
        ("fixes", "task", True),
        ("child", "problem", True),
        ("causes", "problem", True),
        ("causes", "change", False),
        ("fixed_by", "task", False),
        ("parent", "task", False),
        ("problem", "change", False),
        ("related", "change", False),
    ],
)
def test_a_fix_names_a_ticket_of_a_problem_by_the_opposite_relation(
    world: World, relation: Relation, kind: Kind, is_fix: bool
) -> None:
    write_cycle(world)
    write_fix(world, kind, Link(relation=relation, target="1"))
    world.label("f", "proactive")
    world.analyse()
    assert len(stored_fixes(world)) == is_fix


def test_a_ticket_of_undecided_nature_is_no_fix(world: World) -> None:
    write_cycle(world, Link(relation="fixed_by", target="f"))
    write_fix(world, "task", title="Gateway")
    world.change("f", description="The gateway is slow.")
    world.analyse()
    fact = world.facts()["f"].fact
    assert (fact.nature, fact.confidence < 0.6) == ("proactive", True)
    assert stored_fixes(world) == []
    world.change("f", description="")
    world.analyse()
    assert len(stored_fixes(world)) == 1


def test_a_fix_stands_beside_what_similar_problems_did_without_one(world: World) -> None:
    write_cycle(world, Link(relation="problem", target="f"))
    write_fix(world, "problem")
    for number in range(LEAST_CONTROLS - 1):
        write_ending(world, number)
    world.analyse()
    (alone,) = stored_fixes(world)
    assert (alone.outcome, alone.verdict["control"], alone.verdict["control_n"]) == ("held", None, LEAST_CONTROLS - 1)
    assert world.sums().get("fix.n") is None
    write_ending(world, LEAST_CONTROLS - 1)
    world.analyse()
    (fix,) = stored_fixes(world)
    assert (fix.verdict["control"], fix.verdict["control_n"]) == (1.0, LEAST_CONTROLS)
    assert (world.sums()["fix.n"], world.sums()["fix.h"], world.sums()["fix.c"]) == (1, 1, 1_000_000)
    updated = stored_results(world.database)
    world.analyse(rebuild=True)
    assert differences(stored_results(world.database), updated) == []


def test_a_problem_with_a_fix_of_its_own_is_no_control(world: World) -> None:
    write_cycle(world, Link(relation="problem", target="f"))
    write_fix(world, "problem")
    for number in range(LEAST_CONTROLS):
        write_ending(world, number)
    world.correct("fix", "3-0", fixed_at=opened(70))
    world.analyse()
    fix = next(fix for fix in stored_fixes(world) if fix.ticket_id > 0)
    assert fix.verdict["control_n"] == LEAST_CONTROLS - 1


def pending(world: World, id_: str = "0") -> list[tuple[str, str]]:
    """Return (title, state) of the work that is linked to the family of a ticket and no fix so far."""
    with world.database.read() as connection:
        of_family = links.pending_fixes(connection).get(world.family(id_).id, [])
    return [(fix.title, fix.state) for fix in of_family]


def test_linked_work_is_pending_until_it_is_resolved_and_of_decided_nature(world: World) -> None:
    write_cycle(world, Link(relation="fixed_by", target="f"))
    world.write(ticket("f", kind="task", title="Gateway", description="The gateway is slow.", opened_at=opened(51)))
    world.analyse()
    assert pending(world) == [("Gateway", "open, nature undecided")]
    world.label("f", "proactive")
    world.analyse()
    assert pending(world) == [("Gateway", "open")]
    world.delete_label("f")
    world.write(closed(world.now["alpha", "f"], 4))
    world.analyse()
    assert pending(world) == [("Gateway", "resolved, nature undecided")]
    world.label("f", "proactive")
    world.analyse()
    assert (pending(world), len(stored_fixes(world))) == ([], 1)


@pytest.mark.parametrize(
    ("relation", "kind", "status"),
    [
        ("related", "change", "active"),
        ("child", "change", "active"),
        ("causes", "change", "active"),
        ("fixes", "incident", "active"),
        ("fixes", "change", "cancelled"),
    ],
)
def test_what_could_be_no_fix_is_not_pending(
    world: World, relation: Relation, kind: Kind, status: StatusCategory
) -> None:
    write_cycle(world)
    links_of = (Link(relation=relation, target="1"),)
    world.write(ticket("f", kind=kind, title="Upgrade", opened_at=opened(51), links=links_of, status_category=status))
    world.label("f", "proactive" if relation != "child" else "reactive")
    world.analyse()
    assert pending(world) == []


def test_pending_work_that_a_label_alone_makes_a_fix_comes_first_then_the_latest(world: World) -> None:
    write_cycle(world)
    tie = (Link(relation="fixes", target="1"),)
    work = [
        ticket(f"c{day}", kind="change", title=f"Upgrade {day}", opened_at=opened(day), links=tie) for day in range(3)
    ]
    task = ticket("t", kind="task", title="Gateway", description="The gateway is slow.", opened_at=opened(0))
    world.write(*work, closed(task.model_copy(update={"links": tie}), 4))
    world.analyse()
    assert [title for title, _ in pending(world)] == ["Gateway", "Upgrade 2", "Upgrade 1", "Upgrade 0"]
