"""Fixes: their outcome, and the work that they avoided."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from service.analysis.episodes import DAY, LONGEST_BURST, LONGEST_PAUSE, Episodes, Integers
from service.analysis.interval import share_at_most, share_interval

Outcome = Literal["held", "did not hold", "too early", "unclear"]
JUDGED: tuple[Outcome, ...] = ("held", "did not hold")

SIGNIFICANT = 0.05
LEAST_EXPECTED = 3


@dataclass(frozen=True, slots=True)
class FixVerdict:
    """The fate of a family after a fix that was resolved at `fixed_at`, in epoch seconds.

    `before` and `after` are the episodes that count, `days_before` and `days_after` the exposures: days in which a
    ticket would have begun a new episode. `ratio` is the new rate by the old one with its 95 % interval `low` to `high`
    (None: not bounded above, or no rate to compare with). `p` is the one-sided chance of so few returns at the old
    rate, `expected` the number of episodes that the old rate would have brought by now. `seconds_before` and
    `seconds_after` are the work in the episodes that count. Episodes were counted from `begin` to `until`; those after
    `judged_from` came after the fix, or after the first of the fixes that were judged with it. `joined`: it is not the
    first of them.
    """

    fixed_at: int
    outcome: Outcome
    before: int
    after: int
    days_before: float
    days_after: float
    ratio: float | None
    low: float | None
    high: float | None
    p: float
    expected: float
    seconds_before: int
    seconds_after: int
    begin: int
    judged_from: int
    until: int
    joined: bool = False

    @property
    def is_judged(self) -> bool:
        """True if it held or did not hold."""
        return self.outcome in JUDGED


def fix_verdicts(episodes: Episodes, fixes: Iterable[int], as_of: int) -> list[FixVerdict]:
    """Return the verdict on every fix of one family resolved by `as_of`, in the order of resolution."""
    verdicts: list[FixVerdict] = []
    since = None
    # Fixes that follow each other before 3 episodes could be expected are judged as one: what each of them did cannot
    # be separated.
    groups = _groups(episodes, sorted(fix for fix in fixes if fix <= as_of))
    for group, following in zip(groups, [*groups[1:], [as_of]], strict=False):
        # The time after a fix ends with the next group; the time before it begins with the last fix that held, since
        # the old rate ended there.
        verdict = effectiveness(episodes, group[0], following[0], since)
        verdicts += [replace(verdict, fixed_at=fix, joined=place > 0) for place, fix in enumerate(group)]
        since = group[0] if verdict.outcome == "held" else since
    return verdicts


def effectiveness(episodes: Episodes, fixed_at: int, until: int, since: int | None = None) -> FixVerdict:
    """Return the verdict on one fix by the episodes from `since`, or the first one, to `until`.

    Given all later episodes, those after the fix are binomial with the exposure's share if the rate did not change
    (Przyborowski and Wilenski 1940); the ratio's interval is that of Clopper and Pearson (1934) for that share,
    transformed. Outcomes, in this order: `held` (ratio below 1, one-sided p < 0.05), `did not hold` (it came back),
    `too early` (fewer than 3 episodes expected by now), `unclear`. Raises ValueError if there is no episode.
    """
    if not len(episodes):
        raise ValueError("a fix is judged by the episodes of its family")
    begin = int(episodes.starts[0]) if since is None else since
    # The first episode opens the time before the fix and does not count: counted, a fix that does nothing would be
    # called held in 9.5 % of families instead of 4.7 %. One that is under way at the fix counts as before it.
    earlier = (episodes.starts > begin) & (episodes.starts <= fixed_at)
    later = (episodes.starts > max(fixed_at, begin)) & (episodes.starts <= until)
    before, after = int(earlier.sum()), int(later.sum())
    exposed = exposure(episodes, begin, fixed_at), exposure(episodes, max(fixed_at, begin), until)
    ratio, low, high, p = rate_ratio(before, after, *exposed)
    expected = before * exposed[1] / exposed[0] if exposed[0] else 0.0
    return FixVerdict(
        fixed_at=fixed_at,
        # A family that begins after the fix cannot have come back after it.
        outcome=_outcome(before, after if fixed_at >= begin else 0, p, expected),
        before=before,
        after=after,
        days_before=exposed[0] / DAY,
        days_after=exposed[1] / DAY,
        ratio=ratio,
        low=low,
        high=high,
        p=p,
        expected=expected,
        seconds_before=int(episodes.seconds[earlier].sum()),
        seconds_after=int(episodes.seconds[later].sum()),
        begin=begin,
        judged_from=fixed_at,
        until=until,
    )


def rate_ratio(
    before: int, after: int, exposed_before: float, exposed_after: float
) -> tuple[float | None, float | None, float | None, float]:
    """Return (ratio, low, high, p) of the rate after by the rate before, p for so few after at an equal rate."""
    if not exposed_before or not exposed_after or not before + after:
        return None, None, None, 1.0
    odds = exposed_before / exposed_after
    low, high = share_interval(after, before + after)
    p = share_at_most(after, before + after, exposed_after / (exposed_before + exposed_after))
    return _ratio(after * odds, before), _ratio(low * odds, 1 - low), _ratio(high * odds, 1 - high), p


def avoided_seconds(verdict: FixVerdict) -> int:
    """Return the seconds of work that a fix that held has avoided so far, never below 0; 0 for any other fix.

    It is the work of the old episodes per exposed day, times the exposed days since, less what was still spent. That
    assumes that without the fix episodes would have come, and cost, as before.
    """
    # A fix judged as one with an earlier one avoids nothing of its own, or the work would count twice.
    if verdict.outcome != "held" or verdict.joined:
        return 0
    at_old_rate = verdict.seconds_before / verdict.days_before * verdict.days_after
    return max(0, round(at_old_rate) - verdict.seconds_after)


def latest_unfailed_fix(verdicts: Iterable[FixVerdict]) -> int | None:
    """Return when the latest fix was resolved that is not known to have failed; None if there is none."""
    return max((verdict.fixed_at for verdict in verdicts if verdict.outcome != "did not hold"), default=None)


def _outcome(before: int, after: int, p: float, expected: float) -> Outcome:
    if before and p < SIGNIFICANT:
        return "held"
    # Before "too early": a monthly cycle would otherwise stay too early for three months after its fix had failed.
    if after:
        return "did not hold"
    return "too early" if before and expected < LEAST_EXPECTED else "unclear"


def _groups(episodes: Episodes, fixes: Sequence[int]) -> list[list[int]]:
    groups: list[list[int]] = []
    for fix in fixes:
        if groups and _inseparable(episodes, groups[-1][0], fix):
            groups[-1].append(fix)
        else:
            groups.append([fix])
    return groups


def _inseparable(episodes: Episodes, fix: int, next_fix: int) -> bool:
    between = effectiveness(episodes, fix, next_fix)
    return between.after == 0 and between.expected < LEAST_EXPECTED


def exposure(episodes: Episodes, begin: int, end: int) -> int:
    """Return the seconds from `begin` to `end` in which a ticket would have begun a new episode."""
    if end <= begin:
        return 0
    taken = np.clip(_open_until(episodes), begin, end) - np.clip(episodes.starts, begin, end)
    return end - begin - int(taken.sum())


def _open_until(episodes: Episodes) -> Integers:
    """Return the moment until which each episode takes in every further ticket."""
    # At a constant rate of tickets, starts over the rest of the time are a Poisson process: the test is exact.
    by_rule = np.minimum(episodes.lasts + LONGEST_PAUSE, episodes.starts + LONGEST_BURST)
    # An episode of which no ticket was repaired goes on beyond the rule as long as tickets come.
    return np.maximum(episodes.lasts, by_rule)


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None
