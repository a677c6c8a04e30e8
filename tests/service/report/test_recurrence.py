"""Hidden reopens and workarounds: what a period counts, of how many tickets, and what is unknown."""

from typing import Any

import pytest

from connectors.model import Ticket
from service.analysis.recurrence import WHOLE_PERIOD_WHY, recurrence_shares
from service.report.document import report
from service.report.sections.metrics import MetricResult
from service.store.database import Database
from service.store.queries.scopes import Scope
from tests.factory import ticket
from tests.service.pipeline.world import World, closed, opened

TITLE = "Mail gateway rejects every invoice"


@pytest.fixture
def world(database: Database) -> World:
    return World(database, as_of=opened(84))


def reported(id_: str, day: float, hours: float = 4, **given: Any) -> Ticket:
    """Return a failure that was opened on a day and closed some hours later."""
    values = {"title": TITLE, "requester": "eve", "resolution": "Restarted the gateway", "opened_at": opened(day)}
    return closed(ticket(id_, kind="incident", **values | given), hours)


def measured(world: World, metric: str, scope: Scope | None = None) -> MetricResult:
    world.analyse()
    with world.analyst.snapshot(scope or Scope(), world.as_of) as snapshot:
        return report(snapshot).metrics[metric]


@pytest.mark.parametrize(
    ("later", "part"),
    [
        ({"day": 21.0}, 1),
        ({"day": 23.9}, 1),
        ({"day": 24.5}, 0),
        ({"day": 10.05}, 0),
        ({"day": 21.0, "requester": "bob"}, 0),
        ({"day": 21.0, "title": "Printer queue stuck on the upper floor"}, 0),
    ],
    ids=["within 14 days", "just within", "too late", "while it was open", "another person", "another problem"],
)
def test_who_reports_the_same_problem_again_within_14_days_reopens_it(
    world: World, later: dict[str, Any], part: int
) -> None:
    world.write(reported("1", 10), reported("2", **later))

    metric = measured(world, "hidden_reopen_rate")

    assert (metric.value, metric.n) == (part / 2, 2)


def test_tickets_without_a_requester_or_too_young_to_tell_do_not_count(world: World) -> None:
    world.write(reported("1", 10, requester=None), reported("2", 80), reported("3", 81))

    metric = measured(world, "hidden_reopen_rate")

    assert (metric.value, metric.n) == (None, 0)
    assert metric.why_not is not None
    assert metric.why_not.startswith("no failure with a known requester")


def test_a_remedy_that_closed_three_tickets_of_one_problem_is_a_workaround(world: World) -> None:
    world.write(*(reported(str(day), day) for day in (10, 30)), reported("9", 50, resolution="Replaced the gateway"))
    assert (measured(world, "workaround_share").value, measured(world, "workaround_share").n) == (0, 3)

    world.write(reported("4", 60, resolution="Gateway was restarted again, 12:30"))
    metric = measured(world, "workaround_share")
    assert (metric.value, metric.n) == (0.75, 4)
    assert metric.low is not None
    assert metric.high is not None
    assert metric.low < 0.75 < metric.high

    world.change("4", resolution=None)
    assert (measured(world, "workaround_share").value, measured(world, "workaround_share").n) == (0, 3)


def test_the_same_remedy_of_other_problems_makes_no_workaround(world: World) -> None:
    titles = (TITLE, "Printer queue stuck on the upper floor", "Badge reader of the lobby is dark")
    world.write(*(reported(str(place), 10 + place, title=title) for place, title in enumerate(titles)))

    assert (measured(world, "workaround_share").value, measured(world, "workaround_share").n) == (0, 3)


def test_a_scope_counts_its_own_tickets(world: World) -> None:
    world.write(reported("1", 10, team="Desk"), reported("2", 12, team="Network"))

    assert measured(world, "hidden_reopen_rate", Scope("team", "Desk")).value == 1
    assert measured(world, "hidden_reopen_rate", Scope("team", "Network")).value == 0


def test_incremental_and_rebuilt_stores_agree(world: World) -> None:
    world.write(*(reported(str(day), day) for day in (10, 20, 30)))
    before = measured(world, "hidden_reopen_rate"), measured(world, "workaround_share")
    world.change("20", requester="bob", resolution="Replaced the gateway")
    world.analyse()
    world.change("20", requester="eve", resolution="Restarted the gateway")
    after = measured(world, "hidden_reopen_rate"), measured(world, "workaround_share")
    world.analyse(rebuild=True)

    assert before == after == (measured(world, "hidden_reopen_rate"), measured(world, "workaround_share"))


def test_what_closed_all_tickets_of_one_flare_up_is_no_workaround(world: World) -> None:
    world.write(*(reported(str(place), 10 + place / 24) for place in range(4)))

    assert (measured(world, "workaround_share").value, measured(world, "workaround_share").n) == (0, 4)


def test_a_week_has_neither_and_says_why() -> None:
    weekly = {metric.id: metric for metric in recurrence_shares(None)}

    assert weekly.keys() == {"hidden_reopen_rate", "workaround_share"}
    assert all(metric.why_not == WHOLE_PERIOD_WHY for metric in weekly.values())
