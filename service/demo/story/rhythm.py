"""The daily and weekly rhythm in which tickets arrive and people work, in UTC."""

from bisect import bisect_right
from datetime import UTC, datetime, time, timedelta
from itertools import accumulate
from random import Random

OPENS, CLOSES = 8, 18
BY_HOUR = (1, 1, 1, 1, 1, 2, 6, 22, 60, 88, 84, 66, 44, 56, 68, 60, 44, 26, 10, 6, 4, 3, 2, 1)
BY_DAY = (1.25, 1.08, 1.0, 0.98, 0.84, 0.06, 0.05)
HOUR = timedelta(hours=1)


class ArrivalRhythm:
    """Random instants between two others, denser during working hours.

    With `even` each falls within a stretch of its own, so that no week is busy or empty by chance.
    """

    def __init__(self, start: datetime, end: datetime, *, even: bool = False) -> None:
        self._even = even
        self._hours = [start + HOUR * n for n in range(int((end - start) / HOUR))]
        # Cumulative, so that one number between 0 and the last weight picks an hour by bisection.
        self._weights = list(accumulate(BY_HOUR[hour.hour] * BY_DAY[hour.weekday()] for hour in self._hours))

    def draw(self, rng: Random, count: int) -> list[datetime]:
        """Return `count` instants in whole seconds, in order of time."""
        top = self._weights[-1]
        places = ((n + rng.random()) / count if self._even else rng.random() for n in range(count))
        hours = (self._hours[bisect_right(self._weights, place * top)] for place in places)
        return sorted(hour + timedelta(seconds=rng.randrange(3600)) for hour in hours)


def day_at(day: datetime, hour: float) -> datetime:
    """Return an hour of a day."""
    return datetime.combine(day.date(), time(), UTC) + timedelta(seconds=int(hour * 3600))


def at_work(at: datetime) -> datetime:
    """Return an instant, or the next opening where it lies outside business hours."""
    if at.hour >= CLOSES:
        at = day_at(at + timedelta(days=1), OPENS)
    elif at.hour < OPENS:
        at = day_at(at, OPENS)
    while at.weekday() >= 5:
        at = day_at(at + timedelta(days=1), OPENS)
    return at


def after_work(at: datetime, hours: float) -> datetime:
    """Return the instant after so many business hours, in whole seconds."""
    at, left = at_work(at), timedelta(seconds=int(hours * 3600))
    while left > (today := day_at(at, CLOSES) - at):
        left -= today
        at = at_work(day_at(at, CLOSES))
    return at + left
