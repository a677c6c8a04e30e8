"""Controls of fixes: how often problems of the same rate fell silent in the same time without a fix."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, Self

from service.analysis.cycles import EPISODES_OF_A_CYCLE, SPAN_OF_A_CYCLE
from service.analysis.episodes import Episodes
from service.analysis.fixes import JUDGED, FixVerdict, Outcome, effectiveness, exposure
from service.analysis.formatting import integer, percent
from service.analysis.interval import wilson

LEAST_CONTROLS = 10
MOST_CONTROLS = 100
COMPARABLE = 2
"""Gaps are comparable if neither is more than so many times the other."""


class Control(NamedTuple):
    """The share of `n` problems without a fix that the test calls held; None where they are too few."""

    share: float | None
    n: int


NO_CONTROL = Control(None, 0)


@dataclass(frozen=True, slots=True)
class ControlCourse:
    """The episodes of a family without a fix, with the seconds of exposure from the first start to each."""

    episodes: Episodes
    starts: list[int]
    exposed: list[int]

    @classmethod
    def of(cls, episodes: Episodes) -> Self:
        """Return the course of a family. Raises IndexError if there is no episode."""
        starts: list[int] = episodes.starts.tolist()
        return cls(episodes, starts, [exposure(episodes, starts[0], start) for start in starts])


@dataclass(frozen=True, slots=True)
class Placebo:
    """The state of a family at its fix, to be looked for in families without one; times are in seconds.

    `before` later episodes had come, with a mean `gap` of exposure; the last of them had begun `wait` ago, and the
    family was `watched` for so long since.
    """

    before: int
    gap: float
    wait: int
    watched: int


class NetHold(NamedTuple):
    """The share of fixes that held less their mean control, with its 95 % interval; `n` fixes have a control.

    `factor` is the part of the hours avoided that counts, what the control leaves of the share held, with its bounds.
    """

    value: float
    low: float
    high: float
    n: int
    factor: float
    least_factor: float
    most_factor: float


def placebo_of(episodes: Episodes, verdict: FixVerdict) -> Placebo | None:
    """Return the placebo of a fix that was judged and whose family was a cycle by then; None for any other."""
    starts = episodes.starts
    earlier = starts[(starts > verdict.begin) & (starts <= verdict.judged_from)]
    # Controls are cycles. Before that, those that never became one would be missing among them.
    if not verdict.is_judged or len(earlier) < EPISODES_OF_A_CYCLE - 1 or earlier[-1] - verdict.begin < SPAN_OF_A_CYCLE:
        return None
    last = int(earlier[-1])
    gap = exposure(episodes, verdict.begin, last) / len(earlier)
    return Placebo(len(earlier), gap, verdict.judged_from - last, verdict.until - verdict.judged_from)


def control_of(placebo: Placebo, courses: Iterable[ControlCourse], as_of: int) -> Control:
    """Return the control by at most 100 families without a fix: the outcome of a fix that they never had."""
    outcomes = (_outcome(placebo, course, as_of) for course in courses)
    counts = Counter(islice((outcome for outcome in outcomes if outcome), MOST_CONTROLS))
    n = counts["held"] + counts["did not hold"]
    return Control(counts["held"] / n if n >= LEAST_CONTROLS else None, n)


def describe_control(outcome: Outcome, control: Control) -> str:
    """Return what became of similar problems without a fix; empty for a fix that is not judged."""
    if outcome not in JUDGED:
        return ""
    if control.share is None:
        return "no control: too few similar problems without a fix"
    return f"{percent(control.share)} of {integer(control.n)} similar problems without a fix went silent too"


def net_of(outcome: Outcome, control: Control) -> float | None:
    """Return what one fix adds to the net hold; None where it is not judged or has no control."""
    return (outcome == "held") - control.share if outcome in JUDGED and control.share is not None else None


def net_hold(n: int, held: int, controls: float, control_n: int) -> NetHold:
    """Return the net hold of `n` judged fixes with a control, of which `held` held; 1 or more.

    `controls` is the sum of their controls' shares, `control_n` that of the families in these. The interval is that of
    a difference of two shares (Newcombe 1998, method 10).
    """
    # Controls of several fixes are often the same families, so that all of them weigh as those of one fix.
    families = round(control_n / n)
    share, control = held / n, controls / n
    (low, high), (least, most) = wilson(held, n), wilson(round(control * families), families)
    net = share - control
    lower, upper = net - math.hypot(share - low, most - control), net + math.hypot(high - share, control - least)
    # Among held fixes as many again would have held without a fix as the control says: the rest is what they did.
    factors = (max(0.0, min(1.0, bound / share)) if held else 0.0 for bound in (net, lower, upper))
    return NetHold(net, lower, upper, n, *factors)


def pooled_net_hold(fixes: Iterable[tuple[Outcome, Control]]) -> NetHold | None:
    """Return the net hold of those fixes that are judged and have a control; None if there are none."""
    pairs = [(outcome == "held", control) for outcome, control in fixes if outcome in JUDGED]
    controlled = [(held, control.share, control.n) for held, control in pairs if control.share is not None]
    if not controlled:
        return None
    held, shares, families = (sum(column) for column in zip(*controlled, strict=True))
    return net_hold(len(controlled), int(held), shares, int(families))


def _outcome(placebo: Placebo, course: ControlCourse, as_of: int) -> Outcome | None:
    """Return the outcome of a placebo in one family; None where the family was never in that state."""
    if len(course.starts) <= placebo.before:
        return None
    start, gap = course.starts[placebo.before], course.exposed[placebo.before] / placebo.before
    at = start + placebo.wait
    until = at + placebo.watched
    is_comparable = placebo.gap <= COMPARABLE * gap and gap <= COMPARABLE * placebo.gap
    is_over = until > as_of or (placebo.before + 1 < len(course.starts) and course.starts[placebo.before + 1] <= at)
    if not is_comparable or is_over or start - course.starts[0] < SPAN_OF_A_CYCLE:
        return None
    return effectiveness(course.episodes, at, until).outcome
