"""Weeks that a trend may hold, and trends that are to be believed."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from service.analysis.comparison import credible_changes, credible_trends, discoveries, is_comparable
from service.analysis.trend import ChangePoint, Trend

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
AS_OF = datetime(2026, 12, 2, 9, tzinfo=UTC)
ZONE = ZoneInfo("UTC")


def comparable(metric: str) -> list[int]:
    """The first and last of 47 closed weeks, by number, that a trend of a metric may hold."""
    weeks = [date(2026, 1, 5) + timedelta(weeks=number) for number in range(-3, 47)]
    numbers = [number for number, week in zip(range(-3, 47), weeks, strict=True)
               if is_comparable(metric, week, BEGIN, AS_OF, ZONE)]  # fmt: skip
    assert numbers == list(range(numbers[0], numbers[-1] + 1)) if numbers else True
    return [numbers[0], numbers[-1]] if numbers else []


@pytest.mark.parametrize(
    ("metric", "first", "last"),
    [("opened", 0, 46), ("repeat_share", 26, 46), ("endless_share", 26, 46), ("repeat_hours_share", 26, 42),
     ("reopen_rate", 5, 42), ("one_touch_rate", 5, 42), ("backlog", 5, 46), ("problem_link_rate", 0, 42)],
)  # fmt: skip
def test_a_trend_holds_weeks_that_are_there_have_their_look_back_and_are_ripe(
    metric: str, first: int, last: int
) -> None:
    assert comparable(metric) == [first, last]


@pytest.mark.parametrize("metric", ["absence_factor", "recurrence_gap", "fix_hold_rate", "prevention_yield"])
def test_metrics_whose_weeks_do_not_compare_have_none(metric: str) -> None:
    assert comparable(metric) == []
    assert not is_comparable("opened", date(2026, 1, 5), None, AS_OF, ZONE)


def trend(p: float, direction: str = "falling") -> Trend:
    return Trend(direction if p < 0.05 else "flat", -1.0, -2.0, 0.5, p, 26, corrected=False)  # type: ignore[arg-type]


def test_benjamini_and_hochberg_by_their_example() -> None:
    """Table 1 of their paper at 5 %: four of fifteen, where Bonferroni lets three stand."""
    values = (0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
              0.7590, 1.0000)  # fmt: skip
    p_values = {f"h{number}": p for number, p in enumerate(values, 1)}
    assert discoveries(p_values, 0.05) == {"h1", "h2", "h3", "h4"}
    assert discoveries({}) == frozenset()
    assert discoveries({"a": 0.1}) == {"a"}


def test_an_arrow_among_many_needs_more_than_one_in_twenty_and_its_p_stays() -> None:
    trends: dict[str, Trend | None] = {f"m{number}": trend(0.5) for number in range(24)}
    held = credible_trends({**trends, "handoffs": trend(0.03), "stall_rate": trend(0.001), "none": None})
    flat = Trend("flat", -1.0, -2.0, 0.5, 0.03, 26, corrected=False)
    assert (held["handoffs"], held["stall_rate"], held["none"]) == (flat, trend(0.001), None)


def test_the_trend_that_the_verdict_asks_for_stands_on_its_own() -> None:
    trends = {f"m{number}": trend(0.5) for number in range(24)} | {"repeat_share": trend(0.03)}
    held = credible_trends(trends)["repeat_share"]
    assert held is not None
    assert held.direction == "falling"


def test_changes_of_level_are_held_to_the_same_rate() -> None:
    changes = {f"m{number}": ChangePoint(5, 1.0, 2.0, 0.9) for number in range(24)}
    held = credible_changes({**changes, "a": ChangePoint(5, 1.0, 2.0, 0.03), "b": ChangePoint(5, 1.0, 2.0, 0.001),
                             "c": ChangePoint(5, 1.0, 1.0, 0.001), "d": None})  # fmt: skip
    assert set(held) == {"b"}


def test_where_nothing_changes_reports_seldom_show_any_arrow() -> None:
    dice = np.random.default_rng(2)
    arrows = [bool(discoveries(dict(enumerate(dice.random(25))))) for _ in range(1_000)]  # type: ignore[arg-type]
    assert np.mean(arrows) < 0.13
