import pytest

from service.monitoring.health import REJECTED, STALE, Trouble
from service.store.tickets.progress import PullProgress
from service.web.notices import first_of_each, next_text, progress_text, time_left


@pytest.mark.parametrize(
    ("pull", "text"),
    [
        (PullProgress("jira", 660, 7500, 36), "jira: 660 of about 7,500 tickets, 6 min left"),
        (PullProgress("jira", 660, None, 36), "jira: 660 tickets so far"),
        (PullProgress("jira", 1, None, 36), "jira: 1 ticket so far"),
        (PullProgress("jira", 0, 7500, 2), "jira: 0 of about 7,500 tickets"),
        (PullProgress("jira", 7499, 7500, 600), "jira: 7,499 of about 7,500 tickets, less than 1 min left"),
        (PullProgress("jira", 8000, 7500, 600), "jira: 8,000 tickets so far"),
    ],
)
def test_progress_says_how_much_of_how_much_and_for_how_long(pull: PullProgress, text: str) -> None:
    assert progress_text(pull) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "less than 1 min left"), (60, "1 min left"), (3570, "1 h left"), (7800, "2 h 10 min left")],
)
def test_time_left_is_told_in_minutes_and_hours(seconds: float, text: str) -> None:
    assert time_left(seconds) == text


def test_what_comes_next_takes_longer_with_more_tickets() -> None:
    verdict = "the verdict needs 12 weeks of data."
    assert next_text(7500, is_read=False) == f"Then comes the analysis, about 1 minute; {verdict}"
    assert next_text(1_000_000, is_read=True) == f"The analysis takes about 17 minutes; {verdict}"


def test_the_first_trouble_of_a_source_stands_for_the_others() -> None:
    rejected, stale, failed = (
        Trouble(REJECTED, "a", "x", "jira"),
        Trouble(STALE, "b", "y", "jira"),
        Trouble("c", "c", ""),
    )
    assert first_of_each([rejected, failed, stale]) == (rejected, failed)
