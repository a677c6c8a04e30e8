"""Titles of a service desk in English, German, French and Spanish, whose nature the text must tell."""

from statistics import mean

import pytest

from benchmarks import labels
from benchmarks.classification import decided_rightly


@pytest.mark.parametrize(("name", "least"), [("seen", 110), ("unseen", 70)])
def test_titles_in_four_languages_are_decided_rightly_or_not_at_all(name: str, least: int) -> None:
    right = decided_rightly(labels.desk_titles(name))
    assert len(right) >= least
    assert mean(right) >= 0.93
