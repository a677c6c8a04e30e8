import numpy as np
import pytest

from benchmarks.fix_control import simulate_desk
from service.analysis.controls import (
    LEAST_CONTROLS,
    NO_CONTROL,
    Control,
    ControlCourse,
    Placebo,
    control_of,
    net_hold,
    net_of,
    placebo_of,
    pooled_net_hold,
)
from service.analysis.episodes import DAY, Episodes, group_episodes
from service.analysis.fixes import fix_verdicts
from service.analysis.interval import wilson

ENDING = tuple(range(0, 80, 8))
LASTING = tuple(range(0, 400, 8))
AS_OF = 400 * DAY


def episodes_on(*days: float) -> Episodes:
    starts = (np.array(days) * DAY).astype(np.int64)
    return group_episodes(starts, starts, np.ones_like(starts))


def placebo(*days: float, fix: float, as_of: int = AS_OF) -> Placebo | None:
    family_episodes = episodes_on(*days)
    (verdict,) = fix_verdicts(family_episodes, [int(fix * DAY)], as_of)
    return placebo_of(family_episodes, verdict)


def control(of: Placebo | None, *families: tuple[float, ...]) -> Control:
    assert of is not None
    return control_of(of, [ControlCourse.of(episodes_on(*days)) for days in families], AS_OF)


def test_a_placebo_is_the_state_of_a_family_at_its_fix() -> None:
    assert placebo(*ENDING, fix=75) == Placebo(before=9, gap=7 * DAY, wait=3 * DAY, watched=325 * DAY)


def test_what_is_not_judged_or_was_no_cycle_has_no_placebo() -> None:
    assert placebo(*ENDING, fix=390) is None
    assert placebo(0, 5, 10, 100, fix=12) is None, "a cycle only after its fix"
    assert placebo(0, 8, fix=9) is None


def test_a_control_is_the_share_of_similar_problems_that_fell_silent() -> None:
    fixed = placebo(*ENDING, fix=75)
    assert control(fixed, *[ENDING] * 15, *[LASTING] * 5) == Control(0.75, 20)
    assert control(fixed, *[ENDING] * (LEAST_CONTROLS - 1)) == Control(None, LEAST_CONTROLS - 1)
    assert control(fixed, *[LASTING] * 300).n == 100


@pytest.mark.parametrize(
    "days",
    [
        tuple(range(0, 400, 20)),
        tuple(range(0, 40, 3)),
        (*ENDING[:9],),
        (*ENDING, 74),
        tuple(day + 60 for day in ENDING),
    ],
    ids=["rarer", "denser", "fewer episodes", "back before the moment", "watched too short"],
)
def test_problems_that_were_never_in_that_state_are_no_controls(days: tuple[float, ...]) -> None:
    assert control(placebo(*ENDING, fix=75), *[days] * LEAST_CONTROLS) == NO_CONTROL


def test_net_hold_is_the_share_held_less_the_mean_control() -> None:
    net = net_hold(4, 3, 4 * 0.6, 4 * 50)
    assert net[:1] + net[3:5] == pytest.approx((0.15, 4, 0.2))
    assert net.low == pytest.approx(0.15 - np.hypot(0.75 - wilson(3, 4)[0], wilson(30, 50)[1] - 0.6))
    assert net.high == pytest.approx(0.15 + np.hypot(wilson(3, 4)[1] - 0.75, 0.6 - wilson(30, 50)[0]))
    assert (net.least_factor, net.most_factor <= 1) == (0, True)


def test_fixes_without_a_verdict_or_control_are_not_pooled() -> None:
    similar = Control(0.6, 50)
    fixes = [("held", similar)] * 3 + [("did not hold", similar), ("held", NO_CONTROL), ("unclear", similar)]
    assert pooled_net_hold(fixes) == pytest.approx(net_hold(4, 3, 2.4, 200))  # type: ignore[arg-type] # outcomes
    assert pooled_net_hold([("held", NO_CONTROL)]) is None
    assert (net_of("held", similar), net_of("did not hold", similar)) == pytest.approx((0.4, -0.6))
    assert (net_of("held", NO_CONTROL), net_of("too early", similar)) == (None, None)


@pytest.mark.parametrize("moment", ["burning", "late"])
def test_useless_fixes_of_problems_that_end_by_themselves_have_no_net_hold(moment: str) -> None:
    desk = simulate_desk(seed=3, moment=moment)
    assert desk.held_share > 0.7
    net = pooled_net_hold(desk.fixes)
    assert net is not None
    assert net.value <= 0.10
    assert net.n >= 30


def test_fixes_that_end_what_would_go_on_have_all_of_it() -> None:
    net = pooled_net_hold(simulate_desk(seed=3, moment="burning", problems=120, is_endless=True, is_useful=True).fixes)
    assert net is not None
    assert net.value > 0.9
