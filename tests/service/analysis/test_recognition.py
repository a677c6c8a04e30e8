"""Tests of visibility and recall."""

import pytest

from service.analysis.recognition import Visibility, recall_by_people, visibility_of


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
