"""Tests of visibility and recall."""

import pytest

from service.analysis.recognition import (
    AuditSample,
    Visibility,
    recall_by_people,
    sample_precision,
    sample_recall,
    visibility_of,
)


def test_visibility_is_shares_of_all_reactive_tickets() -> None:
    assert visibility_of(words=5, label=3, nothing=2) == Visibility(0.5, 0.3, 0.2, 10)
    assert visibility_of(5, 3, 2).visible == 0.8
    assert visibility_of(0, 0, 0).n == 0


def test_recall_rests_on_twenty_marked_tickets_at_least() -> None:
    assert recall_by_people(10, 19) is None

    recall = recall_by_people(10, 20)

    assert recall is not None
    assert (recall.recognised, recall.n, recall.value, recall.origin) == (10, 20, 0.5, "people")
    # Wilson (1927) by hand: centre (0.5 + z2/40) / (1 + z2/20), z2 = 3.8415.
    assert (recall.low, recall.high) == pytest.approx((0.2993, 0.7007), abs=1e-4)


def test_sample_recall_weighs_the_judged_by_what_they_were_drawn_from() -> None:
    sample = AuditSample(repeats=200, judged_repeats=30, confirmed=27, others=400, judged_others=30, missed=3)

    recall, precision = sample_recall(sample), sample_precision(sample)

    assert recall is not None
    assert precision is not None
    assert (recall.recognised, recall.n, recall.origin) == (27, 60, "sample")
    # 200 x 0.9 confirmed, 400 x 0.1 missed.
    assert recall.value == pytest.approx(180 / 220)
    assert recall.low < recall.value < recall.high
    # Bounds of 27 of 30 and 3 of 30 at 97.5 %, the worst with the worst.
    assert recall.low == pytest.approx(200 * 0.7155 / (200 * 0.7155 + 400 * 0.2845), abs=1e-3)
    assert (precision.confirmed, precision.n, precision.value) == (27, 30, 0.9)


@pytest.mark.parametrize(
    ("sample", "is_known"),
    [
        (AuditSample(200, 19, 19, 400, 30, 0), False),
        (AuditSample(200, 30, 30, 400, 19, 0), False),
        (AuditSample(5, 5, 5, 400, 20, 0), True),
        (AuditSample(0, 0, 0, 400, 20, 1), True),
        (AuditSample(0, 0, 0, 0, 0, 0), False),
    ],
)
def test_a_sample_counts_once_twenty_of_each_kind_or_all_are_judged(sample: AuditSample, *, is_known: bool) -> None:
    assert (sample_recall(sample) is not None) is is_known


@pytest.mark.parametrize("sample", [AuditSample(0, 0, 0, 400, 30, 0), AuditSample(40, 30, 0, 400, 30, 0)])
def test_a_sample_without_a_true_repeat_tells_nothing_of_recall(sample: AuditSample) -> None:
    """Nothing of nothing is not everything."""
    assert sample_recall(sample) is None
