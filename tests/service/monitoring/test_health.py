from datetime import timedelta

from service.monitoring.health import GRACE, stale
from tests.factory import START


def test_a_source_is_stale_after_the_limit_and_not_before() -> None:
    limit = timedelta(minutes=15) + GRACE
    assert stale({"a": START}, ["a"], limit, START + limit) == []
    assert len(stale({"a": START}, ["a"], limit, START + limit + timedelta(seconds=1))) == 1
