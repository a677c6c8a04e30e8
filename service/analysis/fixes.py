"""Fixes: whether they held, and what that saved."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from service.analysis.episodes import DAY, Episodes
from service.analysis.interval import share_at_most, share_interval

Outcome = Literal["held", "did not hold", "too early", "unclear"]

SIGNIFICANT = 0.05
EXPECTED_TO_JUDGE = 3


@dataclass(frozen=True, slots=True)
class FixVerdict:
    """What became of a family after a fix that was resolved at `fixed_at`, in epoch seconds.

    `before` and `after` are the episodes that count, `days_before` and `days_after` the exposures: days on which no
    episode was under way. `ratio` is the new rate by the old one with its 95 % interval `low` to `high` (None: not
    bounded above, or there is no rate to compare with); `p` is the one-sided chance of so few returns at the old
    rate; `expected` the episodes that the old rate would have brought by now. `seconds_before` and `seconds_after`
    are the work in the episodes that count. `joined`: judged as one with an earlier fix, which stands for both.
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
    joined: bool = False


def fix_verdicts(found: Episodes, fixes: Iterable[int], as_of: int) -> list[FixVerdict]:
    """The verdict on every fix of one family that was resolved by `as_of`, in the order of their resolution.

    Fixes are judged as one where no episode began between them and fewer than 3 were to be expected: what they did
    cannot be told apart. Time after a fix ends when the next one is resolved that is judged apart, and time before
    it begins with the last fix that held, since the old rate ended there.
    """
    verdicts: list[FixVerdict] = []
    since = None
    groups = _groups(found, sorted(fix for fix in fixes if fix <= as_of))
    for group, following in zip(groups, [*groups[1:], [as_of]], strict=False):
        verdict = effectiveness(found, group[0], following[0], since)
        verdicts += [replace(verdict, fixed_at=fix, joined=place > 0) for place, fix in enumerate(group)]
        since = group[0] if verdict.outcome == "held" else since
    return verdicts


def effectiveness(found: Episodes, fixed_at: int, until: int, since: int | None = None) -> FixVerdict:
    """The verdict on one fix by the episodes from `since`, or the first one, to `until`.

    The first episode opens the time before the fix and does not count; one that was under way at the fix counts as
    before it. Given all later episodes, those after the fix are binomial with the exposure's share if the rate did
    not change (Przyborowski and Wilenski 1940); the ratio's interval is that of Clopper and Pearson (1934) for that
    share, transformed. Outcomes, in this order: `held` (ratio below 1, one-sided p < 0.05), `did not hold` (it came
    back), `too early` (fewer than 3 episodes expected by now), `unclear`. Where nothing was seen to come back before
    the fix there is no old rate, so it neither held nor is it too early; where the family begins after the fix
    nothing came back after it either. Raises ValueError where there is no episode.
    """
    if not len(found):
        raise ValueError("a fix is judged by the episodes of its family")
    begin = int(found.starts[0]) if since is None else since
    earlier = (found.starts > begin) & (found.starts <= fixed_at)
    later = (found.starts > max(fixed_at, begin)) & (found.starts <= until)
    before, after = int(earlier.sum()), int(later.sum())
    exposed = _exposure(found, begin, fixed_at), _exposure(found, max(fixed_at, begin), until)
    ratio, low, high, p = rate_ratio(before, after, *exposed)
    expected = before * exposed[1] / exposed[0] if exposed[0] else 0.0
    return FixVerdict(
        fixed_at=fixed_at,
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
        seconds_before=int(found.seconds[earlier].sum()),
        seconds_after=int(found.seconds[later].sum()),
    )


def rate_ratio(
    before: int, after: int, exposed_before: float, exposed_after: float
) -> tuple[float | None, float | None, float | None, float]:
    """(ratio, low, high, p) of the rate after by the rate before, with p of so few after at an equal rate."""
    if not exposed_before or not exposed_after or not before + after:
        return None, None, None, 1.0
    odds = exposed_before / exposed_after
    low, high = share_interval(after, before + after)
    p = share_at_most(after, before + after, exposed_after / (exposed_before + exposed_after))
    return _by(after * odds, before), _by(low * odds, 1 - low), _by(high * odds, 1 - high), p


def avoided_seconds(verdict: FixVerdict) -> int:
    """Seconds of work that a fix which held has spared so far, never below 0; 0 for any other fix.

    It is the work that the old episodes took per exposed day, times the exposed days since, less what was still
    spent. That assumes that without the fix episodes would have come, and cost, as before. A fix that was judged as
    one with an earlier one spares nothing on its own, so that nothing is counted twice.
    """
    if verdict.outcome != "held" or verdict.joined:
        return 0
    at_old_rate = verdict.seconds_before / verdict.days_before * verdict.days_after
    return max(0, round(at_old_rate) - verdict.seconds_after)


def latest_unfailed_fix(verdicts: Iterable[FixVerdict]) -> int | None:
    """When the latest fix was resolved that is not known to have failed; None where there is none."""
    return max((verdict.fixed_at for verdict in verdicts if verdict.outcome != "did not hold"), default=None)


def _outcome(before: int, after: int, p: float, expected: float) -> Outcome:
    if before and p < SIGNIFICANT:
        return "held"
    if after:
        return "did not hold"
    return "too early" if before and expected < EXPECTED_TO_JUDGE else "unclear"


def _groups(found: Episodes, fixes: Sequence[int]) -> list[list[int]]:
    groups: list[list[int]] = []
    for fix in fixes:
        if groups and _inseparable(found, groups[-1][0], fix):
            groups[-1].append(fix)
        else:
            groups.append([fix])
    return groups


def _inseparable(found: Episodes, fix: int, other: int) -> bool:
    between = effectiveness(found, fix, other)
    return between.after == 0 and between.expected < EXPECTED_TO_JUDGE


def _exposure(found: Episodes, begin: int, end: int) -> int:
    if end <= begin:
        return 0
    under_way = np.clip(found.ends, begin, end) - np.clip(found.starts, begin, end)
    return end - begin - int(under_way.sum())


def _by(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None
