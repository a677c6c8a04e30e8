from datetime import date, timedelta

import pytest

from service.analysis import wording
from tests.service.analysis.samples import WINDOW, ZONE


@pytest.mark.parametrize(
    ("value", "decimals", "apart_from", "text"),
    [
        (0.3418, 1, None, "34.2 %"), (0.0, 0, None, "0 %"), (0.1, 1, 0.1, "10.0 %"), (0.1004, 1, 0.1, "10.04 %"),
        (0.09996, 1, 0.1, "9.996 %"), (0.997, 0, 1.0, "99.7 %"), (1.0, 0, 1.0, "100 %"),
    ],
)  # fmt: skip
def test_a_share_never_reads_like_a_limit_that_it_is_not(
    value: float, decimals: int, apart_from: float | None, text: str
) -> None:
    assert wording.percent(value, decimals, apart_from) == text


@pytest.mark.parametrize(("value", "text"), [(0.0031, "+0.31"), (-0.0031, "-0.31"), (-0.00001, "0.00"), (0, "0.00")])
def test_points_have_a_sign(value: float, text: str) -> None:
    assert wording.points(value) == text


@pytest.mark.parametrize(("p", "text"), [(0.0004, "p < 0.001"), (0.0496, "p = 0.0496"), (0.05, "p = 0.050")])
def test_chances_do_not_round_to_the_threshold(p: float, text: str) -> None:
    assert wording.chance(p) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0.0 h"), (5400, "1.5 h"), (35_999, "10 h"), (3600 * 12_345, "12,345 h")]
)
def test_hours(seconds: int, text: str) -> None:
    assert wording.hours(seconds) == text


@pytest.mark.parametrize(
    ("logged", "text"),
    [(0, "all estimated"), (9, "90 % logged, the rest estimated"), (10, "all logged")],
)
def test_how_much_was_logged(logged: int, text: str) -> None:
    assert wording.logged_part(logged, 10) == text


def test_words_for_counts_lists_days_and_money() -> None:
    assert (wording.count(1, "ticket"), wording.count(1200, "fix", "fixes")) == ("1 ticket", "1,200 fixes")
    assert [wording.listed(words) for words in ([], ["A"], ["A", "B"], ["A", "B", "C"])] == [
        "", "A", "A and B", "A, B and C",
    ]  # fmt: skip
    assert wording.day(date(2026, 4, 5)) == "5 April 2026"
    assert wording.amount(86_700.4, "EUR") == "EUR 86,700"
    assert (wording.quoted("VPN"), wording.quoted("")) == ('"VPN"', "(without a title)")


def test_a_period_names_its_last_day() -> None:
    assert wording.span(WINDOW, ZONE) == "the 13 weeks from 5 January 2026 to 5 April 2026"
    assert wording.local_day(WINDOW.end - timedelta(seconds=1), ZONE) == "5 April 2026"


def test_an_interval_without_a_bound_is_none() -> None:
    assert wording.between(0.1, None) == "no interval"
    assert wording.between(0.1, 0.2) == "95 % interval 10.0 % to 20.0 %"
