"""Desks of which it is known whether their changes break something are told so."""

from benchmarks.aftermath import BREAKS, measure

SEEDS = range(20)


def test_desks_whose_changes_break_something_are_told_so_and_no_others() -> None:
    planted = sum(measure(seed, breaks=BREAKS).is_credible for seed in SEEDS)
    honest = sum(measure(seed, breaks=0.0).is_credible for seed in SEEDS)
    assert (planted >= 16, honest) == (True, 0)
