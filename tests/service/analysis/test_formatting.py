import re
from datetime import UTC, date, datetime
from html import escape
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.analysis import formatting
from service.analysis.catalogue import CATALOGUE, DEFINITIONS, FORMATS, OTHER_LABELS, label
from service.analysis.formatting import NO_BREAK_SPACE


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.4031, "share", "40.3 %"), (0.0, "share of hours", "0.0 %"), (1.0, "share", "100.0 %"),
        (1239.4, "hours", "1,239 h"), (9.94, "hours", "9.9 h"), (9.96, "hours", "10 h"), (0, "hours", "0 h"),
        (23.4, "days", "23 days"), (0.389, "per ticket", "0.39"), (1.35, "teams", "1.35"), (1234, "tickets", "1,234"),
        (-3.0, "tickets", "-3"), (-0.4, "tickets", "0"), (3.44, "hours per hour", "3.4"), (None, "share", "–"),
    ],
)  # fmt: skip
def test_a_number_is_written_in_the_format_of_its_unit(value: float | None, unit: str, text: str) -> None:
    assert formatting.number(value, unit) == text


def test_every_unit_of_a_metric_has_a_format() -> None:
    assert {definition.unit for definition in CATALOGUE} <= FORMATS.keys()


def test_no_two_numbers_have_the_same_label() -> None:
    labels = [definition.label for definition in CATALOGUE] + [*OTHER_LABELS.values()]
    assert len({*labels}) == len(labels)
    assert not DEFINITIONS.keys() & OTHER_LABELS.keys()
    assert (label("mtbf"), label("reopened")) == ("Time between major incidents", "Reopened")


@given(st.floats(0, 1_000_000), st.sampled_from(sorted(FORMATS)))
def test_numbers_keep_their_value_within_the_last_digit(value: float, unit: str) -> None:
    text = formatting.number(value, unit)
    how = FORMATS[unit]
    digits = re.fullmatch(r"(\d{1,3}(?:,\d{3})*)(\.\d+)?", text.removesuffix(how.ending))
    assert digits is not None
    step = 10.0 ** -(len(digits[2]) - 1 if digits[2] else 0)
    assert float(digits[0].replace(",", "")) == pytest.approx(value * how.factor, abs=step / 2 * 1.001)


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [(0.1, 0.2, "10.0 % to 20.0 %"), (0.1, None, "10.0 % or more"), (None, 0.2, "20.0 % or less"), (None, None, "")],
)
def test_an_interval_may_be_open(low: float | None, high: float | None, text: str) -> None:
    assert formatting.interval(low, high, "share") == text


@pytest.mark.parametrize(
    ("value", "apart_from", "text"),
    [
        (0.3418, None, "34.2 %"), (0.1, 0.1, "10.0 %"), (0.1004, 0.1, "10.04 %"), (0.09996, 0.1, "9.996 %"),
        (0.9999, 1.0, "99.99 %"), (1.0, 1.0, "100.0 %"),
    ],
)  # fmt: skip
def test_a_share_never_reads_like_a_limit_that_it_is_not(value: float, apart_from: float | None, text: str) -> None:
    assert formatting.percent(value, apart_from) == text


@pytest.mark.parametrize(
    ("slope", "low", "high", "unit", "text"),
    [
        (-0.0031, -0.005, -0.0012, "share", "-0.31 points a week, 95 % interval -0.50 to -0.12"),
        (-0.00001, None, 0.1, "share of hours", "0.00 points a week"),
        (1.5, 0, 1200, "hours", "+1.50 h a week, 95 % interval 0.00 to +1,200.00"),
        (2, None, None, "tickets", "+2.00 a week"),
    ],
)
def test_a_slope_has_a_sign(slope: float, low: float | None, high: float | None, unit: str, text: str) -> None:
    assert formatting.weekly_slope(slope, low, high, unit) == text


@pytest.mark.parametrize(("p", "text"), [(0.0004, "p < 0.001"), (0.0496, "p = 0.0496"), (0.05, "p = 0.050")])
def test_p_values_do_not_round_to_the_threshold(p: float, text: str) -> None:
    assert formatting.p_value(p) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 h"), (5400, "1.5 h"), (35_999, "10 h"), (3600 * 12_345, "12,345 h")]
)
def test_seconds_of_work_read_as_hours(seconds: int, text: str) -> None:
    assert formatting.hours(seconds) == text


def test_counts_money_and_quality() -> None:
    assert (formatting.count(1, "ticket"), formatting.count(1200, "fix", "fixes")) == ("1 ticket", "1,200 fixes")
    assert (formatting.money(86_700.4, "EUR"), formatting.money(1.0, "")) == ("EUR 86,700", "1")
    assert formatting.money_range(80_000, 90_000, "EUR") == "EUR 80,000 to 90,000"
    assert formatting.hourly_rate(80, "EUR") == "EUR 80.00 an hour"
    assert (formatting.number(0.451, "ratio"), formatting.score(0.4512), formatting.threshold(0.1)) == (
        "0.45",
        "0.451",
        "10 %",
    )
    assert formatting.duration(61.25) == "61.2 s"


def test_days_and_instants() -> None:
    at = datetime(2026, 4, 5, 22, 30, tzinfo=UTC)
    assert formatting.day(date(2026, 4, 5)) == "5 April 2026"
    assert formatting.local_day(at, ZoneInfo("Europe/Paris")) == "6 April 2026"
    assert formatting.moment(at, ZoneInfo("Europe/Paris")) == "6 April 2026, 00:30"
    assert (formatting.short_day(at.date()), formatting.month(at.date())) == ("5 Apr", "Apr 2026")


def test_the_definitions_list_the_same_metrics_with_the_same_better_way_and_units() -> None:
    text = (Path(__file__).parents[3] / "docs" / "definitions.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| `(\w+)` \|.*\| (lower|higher|) ?\|$", text.partition("\n## Metrics\n")[2], re.MULTILINE)
    rows = [row for row in table if row[0] in DEFINITIONS]
    assert rows == [(definition.id, definition.better or "") for definition in CATALOGUE]
    [units] = re.findall(r"^\| `unit` \| (.*)\. \|$", text, re.MULTILINE)
    assert {*re.findall(r"`([^`]+)`", units)} == {definition.unit for definition in CATALOGUE}


@pytest.mark.parametrize(
    "text", ["46.6 %", "1,239 h", "3.2 days", "1 day", "5 April", "EUR 86,700", "n = 877", "p = 0.031", "p < 0.001"]
)
def test_no_line_breaks_inside_a_number(text: str) -> None:
    assert formatting.unbroken(f"It is {text} in all.") == f"It is {text.replace(' ', NO_BREAK_SPACE)} in all."
    html = f'<p title="{escape(text)}">It is {escape(text)} in all.</p>'
    texts = f'<p title="{escape(text)}">It is {escape(text).replace(" ", NO_BREAK_SPACE)} in all.</p>'
    assert formatting.unbroken_html(html) == texts


@pytest.mark.parametrize("text", ["from 5 to 6", "877 tickets", "5 hosts", "2 daybreaks", "VPN gateway", "no 5 = 6"])
def test_other_spaces_may_break(text: str) -> None:
    assert formatting.unbroken(text) == text
    assert formatting.unbroken_html(f"<p>{text}</p>") == f"<p>{text}</p>"
