"""Useless and useful fixes of simulated problems: how many held, and what remains of it beside the control."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from service.analysis.controls import NO_CONTROL, Control, ControlCourse, control_of, placebo_of, pooled_net_hold
from service.analysis.episodes import DAY, Episodes, group_episodes
from service.analysis.fixes import JUDGED, Outcome, fix_verdicts

Days = NDArray[np.float64]
Moment = Literal["burning", "late", "in its course"]
MOMENTS: tuple[Moment, ...] = ("burning", "late", "in its course")
DESKS = 6
LIFE = 28, 91
GAP = 3, 10
FIXED_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class SimulatedDesk:
    """The outcomes of the fixes of one desk, with their controls."""

    fixes: Sequence[tuple[Outcome, Control]]

    @property
    def held_share(self) -> float:
        """The share that held, of those that are judged."""
        return mean(outcome == "held" for outcome, _ in self.fixes if outcome in JUDGED)


def simulate_desk(
    seed: int,
    moment: str = "burning",
    weeks: int = 104,
    problems: int = 300,
    *,
    is_endless: bool = False,
    is_useful: bool = False,
) -> SimulatedDesk:
    """Return a desk whose problems come every 3 to 10 days for 4 to 13 weeks, or on, and of which a quarter is fixed.

    A fix comes up to a week after an episode: any but the first three (`burning`), or one that is reached with the same
    chance after each (`in its course`); or in the later half of a problem's life (`late`). A useful one ends it.
    """
    dice, end = np.random.default_rng(seed), weeks * 7
    fixed: list[tuple[Episodes, int]] = []
    courses = []
    for _ in range(problems):
        begin, life, gap = dice.uniform(0, end), dice.uniform(*LIFE), dice.uniform(*GAP)
        days = _openings(dice, begin, end if is_endless else min(begin + life, end), gap)
        fix = _moment(dice, moment, days) if dice.random() < FIXED_SHARE else None
        if fix is not None and fix < end:
            fixed.append((_episodes(days[days <= fix] if is_useful else days), int(fix * DAY)))
        else:
            courses.append(ControlCourse.of(_episodes(days)))
    return SimulatedDesk([_judged(episodes, fix, courses, end * DAY) for episodes, fix in fixed])


def _openings(dice: np.random.Generator, begin: float, end: float, gap: float) -> Days:
    days = begin + np.cumsum([0.0, *dice.exponential(gap, round(3 * (end - begin) / gap) + 20)])
    is_open: NDArray[np.bool_] = (days < end) | (days == begin)
    return days[is_open]


def _episodes(days: Days) -> Episodes:
    opened = np.round(days * DAY).astype(np.int64)
    return group_episodes(opened, opened + 4 * 3600, np.ones_like(opened))


def _moment(dice: np.random.Generator, moment: str, days: Days) -> float | None:
    if moment == "late":
        return float(dice.uniform((days[0] + days[-1]) / 2, days[-1]))
    place = dice.integers(3, len(days)) if moment == "burning" and len(days) > 3 else 2 + dice.geometric(0.25)
    return float(days[place] + dice.uniform(0, 7)) if place < len(days) else None


def _judged(episodes: Episodes, fix: int, courses: Sequence[ControlCourse], as_of: int) -> tuple[Outcome, Control]:
    (verdict,) = fix_verdicts(episodes, [fix], as_of)
    placebo = placebo_of(episodes, verdict)
    return verdict.outcome, control_of(placebo, courses, as_of) if placebo else NO_CONTROL


def main() -> None:
    """Print the share held and the net hold for each kind of fix."""
    for is_endless, is_useful in ((False, False), (True, False), (True, True)):
        for moment in MOMENTS:
            problems = 100 if is_endless else 300
            desks = [
                simulate_desk(seed, moment, problems=problems, is_endless=is_endless, is_useful=is_useful)
                for seed in range(DESKS)
            ]
            nets = [net.value for desk in desks if (net := pooled_net_hold(desk.fixes))]
            held = mean(desk.held_share for desk in desks)
            kind = f"problems that {'go on' if is_endless else 'end'}, {'useful' if is_useful else 'useless'} fixes"
            print(f"{kind}, {moment}: held {held:.2f}, net hold {mean(nets):.2f}")


if __name__ == "__main__":
    main()
