"""Aftermath of changes in a report: from stored tickets, by scope, in words only where chance would not bring it."""

from collections.abc import Iterable
from typing import Any

import pytest

from connectors.model import Ticket
from service.report.document import report
from service.report.sections.report import Report
from service.store.database import Database
from service.store.queries.scopes import Scope
from tests.factory import ticket
from tests.service.pipeline.world import World, closed, opened

WEEKS = 30
CHANGES = range(14 * 7 + 1, (WEEKS - 4) * 7, 5)


@pytest.fixture
def world(database: Database) -> World:
    return World(database, as_of=opened(WEEKS * 7))


def change(number: int, day: float, **given: Any) -> Ticket:
    values = {"title": f"Update of release {number}", "service": f"service {number % 6}", "opened_at": opened(day - 1)}
    return closed(ticket(f"change{number}", kind="change", **values | given), 24)


def failure(name: str, day: float, service: str) -> Ticket:
    # Words without a digit: titles that differ by numbers alone would be one problem.
    title = f"Screen of {''.join(chr(97 + int(digit)) * 3 for digit in name)} stays black"
    return closed(ticket(f"failure{name}", kind="incident", title=title, service=service, opened_at=opened(day)), 4)


def desk(*, breaks: bool) -> Iterable[Ticket]:
    """Yield changes of six services, each five weeks apart, and a failure a week of each service."""
    for number, day in enumerate(CHANGES):
        yield change(number, day)
        if breaks:
            yield from (
                failure(f"{number:03}{place}", day + place / 2 + 0.1, f"service {number % 6}") for place in (0, 1)
            )
    for week in range(WEEKS):
        yield from (failure(f"9{week:02}{place}", week * 7 + 3.0, f"service {place}") for place in range(6))


def reported(world: World, scope: Scope | None = None) -> Report:
    world.analyse()
    with world.analyst.snapshot(scope or Scope(), world.as_of) as snapshot:
        return report(snapshot)


def test_failures_that_follow_changes_are_counted_and_said(world: World) -> None:
    world.write(*desk(breaks=True))

    document = reported(world)

    metric = document.metrics["aftermath"]
    assert metric.value == pytest.approx(2, abs=0.3)
    assert metric.low is not None
    assert metric.low > 0
    assert "more than usual." in document.questions[1].answer


def test_changes_that_break_nothing_have_no_word(world: World) -> None:
    world.write(*desk(breaks=False))

    document = reported(world)

    metric = document.metrics["aftermath"]
    assert metric.value == pytest.approx(0, abs=0.3)
    assert "usual" not in document.questions[1].answer


def test_a_scope_asks_about_its_own_changes(world: World) -> None:
    world.write(*desk(breaks=True), change(900, CHANGES[0], team="Release"))

    of_team = reported(world, Scope("team", "Release")).metrics["aftermath"]

    assert (of_team.value, of_team.n) == (None, 0) or of_team.n == 1


def test_changes_without_a_service_cannot_be_compared(world: World) -> None:
    world.write(*(change(number, day, service=None) for number, day in enumerate(CHANGES)))

    metric = reported(world).metrics["aftermath"]

    assert metric.why_not == "no change with a service was resolved in the period"
