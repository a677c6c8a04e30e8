"""The weeks that a period stands for."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from service.analysis.weeks import MOST_WEEKS, PeriodError, Weeks, parse_weeks

AS_OF = datetime(2026, 6, 3, 12, tzinfo=UTC)  # a Wednesday
ZONE = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("until", "last"),
    [
        (None, date(2026, 5, 25)),
        (date(2026, 5, 31), date(2026, 5, 25)),
        (date(2026, 5, 30), date(2026, 5, 18)),
        (date(2026, 5, 25), date(2026, 5, 18)),
        (date(2026, 6, 7), date(2026, 5, 25)),
        (date(2199, 1, 1), date(2026, 5, 25)),
    ],
)
def test_a_period_ends_with_the_last_closed_week_that_ends_on_or_before_a_day(until: date | None, last: date) -> None:
    mondays = Weeks(4, until).mondays(AS_OF, ZONE)
    assert (len(mondays), mondays[-1], {day.weekday() for day in mondays}) == (4, last, {0})


@pytest.mark.parametrize(
    ("count", "until", "meant"),
    [
        (None, None, Weeks()),
        ("", "", Weeks()),
        ("1", None, Weeks(1)),
        ("104", "2026-03-29", Weeks(MOST_WEEKS, date(2026, 3, 29))),
    ],
)
def test_texts_mean_weeks(count: str | None, until: str | None, meant: Weeks) -> None:
    assert parse_weeks(count, until) == meant


@pytest.mark.parametrize(
    ("count", "until"),
    [("0", None), ("105", None), ("-3", None), ("1.5", None), ("many", None), ("9" * 5000, None), ("١٣", None),
     (None, "yesterday"), (None, "2026-02-30"), (None, "0001-01-01"), (None, "9999-12-31")],
)  # fmt: skip
def test_what_means_nothing_is_refused_with_the_reason(count: str | None, until: str | None) -> None:
    with pytest.raises(PeriodError, match=r"from 1 to 104|such as 2026-03-29"):
        parse_weeks(count, until)
