"""Dates in options of commands."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import typer

from service.cli.options import end_of, start_of

PARIS, NEW_YORK = ZoneInfo("Europe/Paris"), ZoneInfo("America/New_York")


@pytest.mark.parametrize("text", ["2026-02-30", "31.3.2026", "x"])
def test_a_text_that_is_no_day_is_refused_with_an_example(text: str) -> None:
    for meaning in (start_of, end_of):
        with pytest.raises(typer.BadParameter, match=r"a day or an instant, e\.g\. 2026-03-31"):
            meaning(text, PARIS)


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "9999-12-31T23:59:59", "1979-12-31", "2200-01-01"])
@pytest.mark.parametrize("zone", [PARIS, NEW_YORK])
def test_a_day_out_of_range_is_refused_with_the_range(text: str, zone: ZoneInfo) -> None:
    for meaning in (start_of, end_of):
        with pytest.raises(typer.BadParameter, match=f"'{text}' must be .* from 1980-01-01 to 2199-12-31"):
            meaning(text, zone)


def test_a_day_ends_where_the_next_one_begins() -> None:
    assert start_of("2026-03-31", PARIS) == datetime(2026, 3, 30, 22, tzinfo=UTC)
    assert end_of("2026-03-31", PARIS) == datetime(2026, 3, 31, 22, tzinfo=UTC)
    assert end_of("2026-03-31T12:00:00+00:00", PARIS) == datetime(2026, 3, 31, 12, tzinfo=UTC)


def test_a_moment_that_lies_ahead_is_noted(capsys: pytest.CaptureFixture[str]) -> None:
    now = datetime.now(UTC)
    today = str(now.astimezone(PARIS).date())
    for late in (f"{now.year + 1}-01-01", (now + timedelta(hours=1)).isoformat()):
        assert end_of(late, PARIS)
        assert capsys.readouterr().err.startswith(f"note: {late} is in the future; what is stored ends ")

    assert (end_of(today, PARIS) is not None, capsys.readouterr().err) == (True, "")
