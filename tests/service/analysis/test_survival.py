import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.analysis.episodes import DAY, NEVER
from service.analysis.survival import Peace, Spell, StayAway, estimate_peace, spell_of, spells_of


def spells(*days: float, running: tuple[float, ...] = ()) -> list[Spell]:
    """Return spells that ended with a return after so many days, and others that are running."""
    ended = [Spell(0, round(day * DAY), True) for day in days]
    return ended + [Spell(0, round(day * DAY), False) for day in running]


def peace(of: list[Spell]) -> Peace:
    estimate = estimate_peace(of)
    assert estimate is not None
    return estimate


def test_freireich_1963_as_in_every_textbook() -> None:
    """Remission under 6-mercaptopurine, in weeks: S(10) = 0.753, median 23 (Freireich et al. 1963)."""
    week = 7
    of = spells(
        *(week * at for at in (6, 6, 6, 7, 10, 13, 16, 22, 23)),
        running=tuple(week * at for at in (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)),
    )
    estimate = estimate_peace(of, horizon=300 * DAY)
    assert estimate is not None
    assert (estimate.spells, estimate.returns, estimate.median_days) == (21, 9, 23 * week)
    [month, quarter] = estimate.away
    assert month.share == 1
    assert quarter.share == pytest.approx(0.753, abs=5e-4), "90 days are 13 weeks less a day"


def test_greenwood_by_hand() -> None:
    """One of 4 spells ends after 10 days: S = 0.75, var log S = 1 / (4 * 3), bounds 0.75 ** exp(+-1.96 se / 0.2877)."""
    [month, _] = peace(spells(10, running=(100, 100, 100))).away
    assert month.share == 0.75
    assert month.low == pytest.approx(0.128, abs=5e-4)
    assert month.high == pytest.approx(0.961, abs=5e-4)


def test_a_median_that_is_never_reached_is_not_named() -> None:
    assert peace(spells(10, running=(100, 100))).median_days is None


def test_nothing_is_told_beyond_the_longest_spell() -> None:
    assert [stay.days for stay in peace(spells(10, running=(40, 50))).away] == [30]
    assert peace(spells(5, 6, running=(7,))).away == ()


def test_where_nobody_came_back_the_interval_is_exact() -> None:
    [month, _] = peace(spells(running=(100,) * 10)).away
    assert (month.share, month.high) == (1, 1)
    assert month.low == pytest.approx(0.025 ** (1 / 10))


def test_where_all_came_back_the_upper_bound_is_that_of_the_step_before() -> None:
    [month, quarter] = peace(spells(*range(1, 18), 29)).away
    before = peace(spells(*range(1, 18), 31)).away[0]
    assert (month.share, month.low, month.high) == (0, 0, before.high)
    assert quarter == StayAway(90, 0, 0, before.high)
    assert 0.15 < before.high < 0.3


def test_no_spell_no_peace() -> None:
    assert estimate_peace([]) is None


def test_spells_of_a_family_end_with_the_next_episode_and_the_last_one_is_running() -> None:
    starts, lasts = np.array([0, 10, 50]) * DAY, np.array([2, 10, 51]) * DAY
    assert spells_of(starts, lasts, 0, 60 * DAY) == [
        Spell(0, 8 * DAY, True), Spell(0, 40 * DAY, True), Spell(0, 9 * DAY, False),
    ]  # fmt: skip


def test_a_spell_is_watched_from_the_begin_of_the_period() -> None:
    assert spell_of(10 * DAY, 50 * DAY, 30 * DAY, 40 * DAY) == Spell(20 * DAY, 30 * DAY, False)
    assert spell_of(10 * DAY, 35 * DAY, 30 * DAY, 40 * DAY) == Spell(20 * DAY, 25 * DAY, True)
    assert spell_of(10 * DAY, 25 * DAY, 30 * DAY, 40 * DAY) is None
    assert spell_of(45 * DAY, NEVER, 30 * DAY, 40 * DAY) is None


@pytest.mark.parametrize("days", [20, 60])
def test_running_and_watched_late_the_median_stays_true(days: int) -> None:
    """Completed gaps alone would say half of it: of long ones most are still running."""
    dice = np.random.default_rng(3)
    starts = np.cumsum(dice.exponential(days * DAY, (400, 60)), axis=1).astype(np.int64)
    # Watched for 13 weeks in the middle of it.
    begin, end = 300 * DAY, 391 * DAY
    of = [spell for family in starts for spell in spells_of(family, family, begin, end)]
    estimate = peace(of)
    median = days * np.log(2)
    assert estimate.median_days == pytest.approx(median, rel=0.1)
    assert (estimate.low_days or 0) <= median <= (estimate.high_days or 1e9)


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(1, 100), st.booleans()), min_size=1, max_size=30))
def test_the_curve_is_the_product_over_those_at_risk(drawn: list[tuple[int, int, bool]]) -> None:
    of = [Spell(entry * DAY, (entry + length) * DAY, returned) for entry, length, returned in drawn]
    share = 1.0
    for moment in sorted({spell.end for spell in of if spell.returned and spell.end <= 30 * DAY}):
        at_risk = sum(spell.entry < moment <= spell.end for spell in of)
        share *= 1 - sum(spell.end == moment and spell.returned for spell in of) / at_risk
    for stay in peace(of).away:
        if stay.days == 30:
            assert stay.share == pytest.approx(share)
            assert stay.low <= stay.share <= stay.high
