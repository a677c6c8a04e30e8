"""Findings of every kind link to as many tickets as they count, whatever else was cancelled or has the same id."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.model import Ticket
from service.analysis.weeks import Weeks
from service.monitoring.health import Readiness
from service.report.evidence import collect
from service.store import schema
from service.store.database import Database
from service.store.queries.scopes import Scope, parse_scope
from service.web.selection import View
from service.web.website import open_website
from tests.factory import handed, moved, ticket
from tests.service.pipeline.world import World, closed, opened, state_of
from tests.service.report.company import EPISODES, company
from tests.service.web.evidenced import Evidenced, check_findings

FIRST_DAY = 60
"""The first day of the period, counted from the beginning of the world."""
WISH = "Feature request: add an option to export lists"


def passed_back(id_: str, day: float, last: str) -> Ticket:
    """A ticket that went from one team to another and straight back, and then came to its last status."""
    start = (opened(day) - moved(0, "New", "Active").at) / timedelta(hours=1)
    handoffs = handed(start + 1, "Net", "Desk"), handed(start + 2, "Desk", "Net")
    changes = (moved(start, "New", "Active"), *handoffs, moved(start + 3, "Active", last))
    name = f"{chr(97 + len(id_) % 26) * 5}{id_} {id_[::-1]}"
    return ticket(id_, title=name, team="Net", opened_at=opened(day)).model_copy(update=state_of(changes))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    path: Path = tmp_path_factory.mktemp("findings")
    database = Database(f"sqlite:///{path}/treadmill.db")
    schema.upgrade(database)
    world = company(database)
    for place in range(36):
        world.write(passed_back(f"back{place}", FIRST_DAY + 5 + place, "Resolved"))
        world.write(passed_back(f"gone{place}", FIRST_DAY + 5 + place, "Cancelled"))
        # Text may overrule a system's kind only where a defect or incident asks for something new.
        wrong = ticket(f"wrong{place}", kind="defect", title=WISH, opened_at=opened(FIRST_DAY + 6 + place))
        world.write(closed(wrong, 2))
    for place in range(8):
        late = ticket(f"late{place}", title="Badge reader at gate stops", opened_at=opened(FIRST_DAY + 10 + 8 * place))
        world.write(closed(late, 3))
    for place in range(EPISODES):
        same_id = ticket(f"m{place}", title=f"{chr(97 + place) * 7} {chr(98 + place) * 6}", opened_at=opened(place * 7))
        world.write(closed(same_id, 4), source="beta")
    world.analyse()
    yield world
    database.dispose()


@pytest.mark.parametrize("scope", ["all", "team:Net", "team:Messaging", "service:Mail", "source:alpha"])
def test_every_finding_counts_what_it_lists(world: World, scope: str) -> None:
    view = View(parse_scope(scope), Weeks())
    snapshot = world.analyst.stored_snapshot(view.scope, view.period)
    assert snapshot is not None
    findings = check_findings(Evidenced(open_website(world.analyst, Readiness), view, snapshot, collect(snapshot)))
    kinds = {finding.kind for finding in findings}
    if view.scope == Scope():
        assert kinds == {"new_endless_cycle", "fix_did_not_hold", "misfiled", "pingpong", "one_person"}
