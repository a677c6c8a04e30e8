from hypothesis import given
from hypothesis import strategies as st

from service.analysis.histogram import bucket_middle, bucket_number, read_histograms


@given(st.integers(2, 10**10))
def test_a_bucket_stands_for_its_durations_to_within_one_percent(seconds: int) -> None:
    assert abs(bucket_middle(bucket_number(seconds)) / seconds - 1) <= 0.01


@given(st.integers(-5, 10**9), st.integers(0, 10**6))
def test_longer_is_never_in_an_earlier_bucket(seconds: int, more: int) -> None:
    assert bucket_number(seconds) <= bucket_number(seconds + more)


def test_what_took_no_time_is_in_the_first_bucket() -> None:
    assert (bucket_number(-9), bucket_number(0), bucket_number(1), bucket_middle(0)) == (0, 0, 0, 0.0)


def test_histograms_are_read_from_measures_by_prefix() -> None:
    sums = {"r:5": 2, "r:40": 1, "p:5": 3, "r:7": 0, "by:9": 4, "resolved": 6}
    assert read_histograms(sums, ("r", "p", "g")) == {"r": {5: 2, 40: 1}, "p": {5: 3}, "g": {}}
