import pytest

from service.analysis import wording
from tests.service.analysis.samples import WINDOW, ZONE


@pytest.mark.parametrize(
    ("logged", "text"),
    [
        (0, "all estimated"),
        (900, "90.0 % logged, the rest estimated"),
        (999.9, "99.99 % logged, the rest estimated"),
        (0.1, "0.01 % logged, the rest estimated"),
        (1000, "all logged"),
    ],
)
def test_the_logged_part_of_work(logged: float, text: str) -> None:
    assert wording.logged_part(logged, 1000) == text


@pytest.mark.parametrize(
    ("words", "text"), [([], ""), (["A"], "A"), (["A", "B"], "A and B"), (["A", "B", "C"], "A, B and C")]
)
def test_words_are_joined_as_people_write_them(words: list[str], text: str) -> None:
    assert wording.listed(words) == text


def test_titles_are_quoted() -> None:
    assert (wording.quoted("VPN"), wording.quoted("")) == ('"VPN"', "(without a title)")


def test_a_period_names_its_last_day() -> None:
    assert wording.span(WINDOW, ZONE) == "the 13 weeks from 5 January 2026 to 5 April 2026"


def test_an_interval_without_a_bound_is_none() -> None:
    assert wording.between(0.1, None) == "no interval"
    assert wording.between(0.1, 0.2) == "95 % interval 10.0 % to 20.0 %"
    assert wording.between(0.1004, 0.2, apart_from=0.1) == "95 % interval 10.04 % to 20.0 %"
