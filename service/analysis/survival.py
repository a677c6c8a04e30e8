"""Survival of the peace: how long a problem stays away after an episode."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from pydantic import Field

from service.analysis.episodes import DAY, LOOK_BACK, Integers
from service.analysis.interval import Z, share_interval

DAYS_AWAY = (30, 90)
LEAST_SPELLS = 5
"""Below these no share of one family is named: its interval would reach over most of the scale."""


class Spell(NamedTuple):
    """A time of peace after an episode, in seconds since its last opening.

    It was watched from `entry` to `end`; there `returned` says if the next episode began, or is still to come.
    """

    entry: int
    end: int
    returned: bool


@dataclass(frozen=True, slots=True)
class StayAway:
    """The share of spells that last so many days, with its interval."""

    days: Annotated[int, Field(description="30 or 90.")]
    share: Annotated[float, Field(description="The share of spells that last so many days, from 0 to 1.")]
    low: Annotated[float, Field(description="Lower bound of its 95 % interval.")]
    high: Annotated[float, Field(description="Upper bound of its 95 % interval.")]


@dataclass(frozen=True, slots=True)
class Peace:
    """The Kaplan-Meier estimate of the time to the next episode.

    `median_days` with its interval is None where the curve never falls to one half: too few came back. `away` is what
    can be told of `DAYS_AWAY`: nothing beyond the longest spell. `longest_days` is how long any spell was watched.
    """

    spells: int
    returns: int
    median_days: float | None
    low_days: float | None
    high_days: float | None
    away: tuple[StayAway, ...]
    longest_days: float


def spells_of(starts: Integers, lasts: Integers, begin: int, end: int) -> list[Spell]:
    """Return the spells of one family's episodes, as far as they were watched from `begin` to `end`."""
    following = np.append(starts[1:], np.iinfo(np.int64).max)[: len(starts)]
    spells = zip(lasts.tolist(), following.tolist(), strict=True)
    return [spell for last, start in spells if (spell := spell_of(last, start, begin, end))]


def spell_of(last: int, following: int | None, begin: int, end: int) -> Spell | None:
    """Return the spell after a last opening as far as it was watched in a period; None if it was not."""
    returned = following is not None and following <= end
    until = following if returned and following is not None else end
    if until <= max(last, begin):
        return None
    return Spell(max(last, begin) - last, until - last, returned)


def estimate_peace(spells: Iterable[Spell], horizon: int = LOOK_BACK) -> Peace | None:
    """Return the estimate over spells, up to a horizon in seconds; None if there are none.

    A spell that was running when the watch began counts from then on: before, it could not have been seen to end
    (Kaplan and Meier 1958; delayed entry: Klein and Moeschberger 2003, 4.6). Intervals by Greenwood's variance of
    log(-log S), the median's by Brookmeyer and Crowley 1982.
    """
    watched = [spell for spell in spells if spell.entry < horizon]
    if not watched:
        return None
    curve = _Curve(watched, horizon)
    away = tuple(stay for days in DAYS_AWAY if (stay := curve.at(days)) is not None)
    median, low, high = (curve.first_at_most(bounds, 0.5) for bounds in ("share", "low", "high"))
    longest = max(spell.end - spell.entry for spell in watched) / DAY
    return Peace(len(watched), int(curve.returns.sum()), median, low, high, away, longest)


class _Curve:
    """The steps of a Kaplan-Meier curve."""

    def __init__(self, spells: list[Spell], horizon: int) -> None:
        entries = np.sort(np.array([spell.entry for spell in spells], np.int64))
        ends = np.sort(np.array([min(spell.end, horizon) for spell in spells], np.int64))
        returned = np.array([spell.end for spell in spells if spell.returned and spell.end <= horizon], np.int64)
        self.times, self.returns = np.unique(returned, return_counts=True)
        self._longest = int(ends[-1])
        self._entries, self._ends = entries, ends
        at_risk = self._at_risk(self.times)
        self.share = np.cumprod(1 - self.returns / at_risk)
        with np.errstate(divide="ignore"):
            variance = np.cumsum(self.returns / (at_risk * (at_risk - self.returns)))
        bounds = [_bounds(*step) for step in zip(self.share.tolist(), variance.tolist(), at_risk.tolist(), strict=True)]
        self.low, self.high = (np.array([bound[side] for bound in bounds]) for side in (0, 1))
        if len(self.share) > 1 and self.share[-1] == 0:
            # A share can only fall, so the bound before it holds. That of the last one at risk alone would say nothing.
            self.high[-1] = self.high[-2]

    def at(self, days: int) -> StayAway | None:
        """Return the share that stays away so many days; None where no spell was watched for so long."""
        moment = days * DAY
        if moment > self._longest and not (len(self.share) and self.share[-1] == 0):
            return None
        step = int(np.searchsorted(self.times, moment, "right")) - 1
        if step < 0:
            watched = int(self._at_risk(np.array([min(moment, self._longest)]))[0])
            return StayAway(days, 1.0, share_interval(watched, watched)[0], 1.0) if watched else None
        return StayAway(days, float(self.share[step]), float(self.low[step]), float(self.high[step]))

    def first_at_most(self, bound: str, share: float) -> float | None:
        """Return after how many days the curve, or a bound of it, is at most a share; None if it never is."""
        below = np.flatnonzero(getattr(self, bound) <= share)
        return float(self.times[below[0]]) / DAY if len(below) else None

    def _at_risk(self, moments: Integers) -> Integers:
        entered = np.searchsorted(self._entries, moments, "left")
        left: Integers = np.searchsorted(self._ends, moments, "left")
        return entered - left


def _bounds(share: float, variance: float, at_risk: int) -> tuple[float, float]:
    """Return the bounds of a step by Greenwood's variance, on the scale of log(-log S)."""
    # At 0 and 1 there is no logarithm: the exact interval of those who were left to see it.
    if share <= 0:
        return 0.0, share_interval(0, at_risk)[1]
    spread = math.exp(Z * math.sqrt(variance) / -math.log(share))
    return share**spread, share ** (1 / spread)
