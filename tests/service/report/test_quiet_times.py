"""Quiet times of a problem: over all time, before a fix, and since."""

import pytest

from connectors.model import Link
from service.report.document import report
from service.report.sections.cycles import QuietTimes, ReportedCycle
from service.store.database import Database
from service.store.queries.scopes import Scope
from tests.factory import ticket
from tests.marks import postgres_is_slow
from tests.service.pipeline.test_families import incident
from tests.service.pipeline.world import TITLES, World, closed, opened

TIE = (Link(relation="fixes", target="w0"),)
LAST_BEFORE = 40
"""The day of the last episode before the fix, which is resolved ten days later."""


def cycle_of(world: World, *days: float) -> ReportedCycle:
    """Return a problem that came on these days, with a change that was resolved on day 50."""
    world.write(*(incident(f"w{place}", TITLES[0], day) for place, day in enumerate(days)))
    change = ticket("c", title="Replace the mail gateway", kind="change", opened_at=opened(45), links=TIE)
    world.write(closed(change, 5 * 24))
    world.analyse()
    with world.analyst.snapshot(Scope(), world.as_of) as snapshot:
        [cycle] = report(snapshot).cycles
    return cycle


def shares(quiet: QuietTimes | None) -> list[tuple[int, float]]:
    assert quiet is not None
    return [(stay.days, stay.share) for stay in quiet.away]


pytestmark = postgres_is_slow


@pytest.fixture
def world(database: Database) -> World:
    return World(database, as_of=opened(150))


def test_before_a_fix_that_held_few_quiet_times_lasted_and_since_they_are_too_few_to_tell(world: World) -> None:
    cycle = cycle_of(world, *range(0, LAST_BEFORE + 1, 5))
    [fix] = cycle.fixes
    assert fix.outcome == "held"
    before, after = fix.quiet_before, fix.quiet_after
    assert before is not None
    assert after is not None
    assert (before.n, before.returns, before.median_days) == (9, 8, 5)
    assert before.longest_days == pytest.approx(10, abs=0.2), "the one that was running at the fix"
    assert shares(before) == []
    # Watched from the fix on, not from the opening ten days before it.
    assert (after.n, after.returns, after.median_days, after.away) == (1, 0, None, ())
    assert after.longest_days == pytest.approx(100, abs=0.2)


def test_after_a_fix_that_did_not_hold_quiet_times_are_told_too(world: World) -> None:
    cycle = cycle_of(world, 0, 10, 20, 30, 40, 55, 100, 102.5, 105, 107.5)
    [fix] = cycle.fixes
    assert fix.outcome == "did not hold"
    assert shares(fix.quiet_before) == []
    assert fix.quiet_after is not None
    assert fix.quiet_after.n == 6
    # Three of five end after 2.5 days, then one of three that were watched for 15 days, the last of all after 45.
    assert shares(fix.quiet_after) == [(30, pytest.approx(2 / 5 * 2 / 3)), (90, 0)]
    assert cycle.quiet is not None
    assert cycle.quiet.n == 10


def test_a_fix_of_which_nothing_can_be_told_yet_has_no_quiet_times(world: World) -> None:
    world.as_of = opened(51)
    [fix] = cycle_of(world, 0, 20, 40).fixes
    assert (fix.outcome, fix.quiet_before, fix.quiet_after) == ("too early", None, None)
