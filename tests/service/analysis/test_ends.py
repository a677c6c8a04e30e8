"""Verdicts of desks whose tickets have no known end."""

from dataclasses import replace

import pytest

from service.analysis.ends import REMEDY, ends_are_known
from service.analysis.evidence import ScopeEvidence
from service.analysis.verdict import reach_verdict
from tests.service.analysis.samples import evidence

HIGH, LOW = (0.3, 0.25, 0.35), (0.03, 0.02, 0.04)


def ending(given: ScopeEvidence, resolved: int, with_time: int) -> ScopeEvidence:
    return replace(given, sums={**given.sums, "resolved": resolved, "r:600": with_time})


@pytest.mark.parametrize(("resolved", "with_time", "are_known"), [(0, 0, False), (200, 100, True), (200, 99, False)])
def test_ends_are_known_from_half_of_what_was_resolved_on(resolved: int, with_time: int, are_known: bool) -> None:
    assert ends_are_known(ending(evidence(), resolved, with_time)) is are_known


@pytest.mark.parametrize("resolved", [0, 300])
def test_without_known_ends_a_fall_is_no_way_out_and_few_repeats_are_not_under_control(resolved: int) -> None:
    falling = evidence(HIGH, trends=("falling", "falling"))
    assert reach_verdict(falling).state == "breaking_out"
    verdict = reach_verdict(ending(falling, resolved, 0))
    assert (verdict.state, verdict.missing) == ("recurring", (REMEDY,))
    assert verdict.sentence.endswith("repeated known problems, trend not yet known.")
    assert reach_verdict(evidence(LOW)).state == "under_control"
    verdict = reach_verdict(ending(evidence(LOW), resolved, 0))
    assert (verdict.state, verdict.missing, verdict.first_steps[0]) == ("unclear", (REMEDY,), REMEDY)
    assert verdict.sentence.endswith("but few tickets have a known end.")
    assert len(verdict.sentence.split()) <= 30


def test_endless_cycles_stand_without_known_ends_since_more_repeats_would_change_nothing() -> None:
    assert reach_verdict(ending(evidence(HIGH), 300, 0)).state == "endless_cycles"


def test_how_sure_says_of_how_many_tickets_the_end_is_known() -> None:
    texts = [reach_verdict(ending(evidence(HIGH), resolved, 0)).how_sure for resolved in (300, 0)]
    meaning = "what came back may pass for what never ended, so there may be more repeats."
    assert f"Of 300 tickets resolved in these weeks 0 have a known end: {meaning}" in texts[0]
    assert f"No ticket is known to have ended in these weeks: {meaning}" in texts[1]
    assert not any(meaning in text for text in reach_verdict(evidence(HIGH)).how_sure)
