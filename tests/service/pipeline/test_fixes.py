"""Fixes: the tickets that are one, by kind, nature and relation."""

import pytest

from connectors.model import Kind, Link, Relation
from service.store.results import fixes
from service.store.results.fixes import StoredFix
from tests.factory import ticket
from tests.marks import postgres_is_slow
from tests.service.pipeline.test_families import incident
from tests.service.pipeline.world import TITLES, World, closed, opened

pytestmark = postgres_is_slow
MAIL = TITLES[0]


def stored_fixes(world: World) -> list[StoredFix]:
    with world.database.read() as connection:
        return list(fixes.read(connection).values())


def write_cycle(world: World, link: Link | None = None) -> None:
    """Write a problem that comes back every week, its second ticket with a link."""
    links = {1: (link,)} if link else {}
    world.write(*(incident(str(week), MAIL, 7 * week, *links.get(week, ())) for week in range(8)))


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
