from hypothesis import given
from hypothesis import strategies as st

from service.analysis.histogram import bucket, histograms, middle


@given(st.integers(2, 10**10))
def test_a_bucket_stands_for_its_durations_to_within_one_percent(seconds: int) -> None:
    assert abs(middle(bucket(seconds)) / seconds - 1) <= 0.01


@given(st.integers(-5, 10**9), st.integers(0, 10**6))
def test_longer_is_never_in_an_earlier_bucket(seconds: int, more: int) -> None:
    assert bucket(seconds) <= bucket(seconds + more)


def test_what_took_no_time_is_in_the_first_bucket() -> None:
    assert (bucket(-9), bucket(0), bucket(1), middle(0)) == (0, 0, 0, 0.0)


def test_histograms_are_read_from_measures_by_prefix() -> None:
    sums = {"r:5": 2, "r:40": 1, "p:5": 3, "r:7": 0, "by:9": 4, "resolved": 6}
    assert histograms(sums, ("r", "p", "g")) == {"r": {5: 2, 40: 1}, "p": {5: 3}, "g": {}}
