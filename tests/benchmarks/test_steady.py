"""A desk on which nothing changes, in small: few arrows, one level at any length, intervals that hold the truth."""

import numpy as np
import pytest

from benchmarks.steady import Desk, coverage, draw_tickets, false_arrows, flags


@pytest.mark.parametrize("weeks", [26, 104])
def test_nothing_changes_and_hardly_an_arrow_shows(weeks: int) -> None:
    arrows, _ = false_arrows(weeks, 12)
    assert sum(arrows.values()) / len(arrows) < 0.02
    assert max(arrows.values()) <= 0.25


def test_the_interval_holds_the_repeat_share_of_the_long_run() -> None:
    assert coverage(Desk(life=13, chronic=0), 40) >= 0.9


def test_the_repeat_share_does_not_depend_on_the_length_of_the_data() -> None:
    """The same desk with its first year cut off: the last 13 weeks have the same repeats."""
    tickets = draw_tickets(Desk(), 104, np.random.default_rng(3))
    late = tickets.opened >= 52
    later = type(tickets)(**{name: getattr(tickets, name)[late] for name in tickets.__slots__})
    newest = later.opened >= 91
    assert (flags(later)[0][newest] == flags(tickets)[0][late][newest]).all()
