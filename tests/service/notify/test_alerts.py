"""Each alert once: what is known is not told again, and what went and came back is."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from service.notify.alerts import VERDICT, News, news
from tests.service.notify.documents import cycle, document, source

STALE = {"jira": "source jira was last pulled to its end at 2026-05-01T00:00:00+00:00"}
KNOWN: dict[str, str | None] = {VERDICT: "endless_cycles"}


def keys(found: News) -> list[str]:
    return [alert.key for alert in found.alerts]


def after(told: Mapping[str, str | None], found: News) -> dict[str, str | None]:
    """What is told once the alerts were heard."""
    now = {**told, **found.known, **{alert.key: alert.value for alert in found.alerts}}
    return {key: value for key, value in now.items() if key not in found.over}


def test_the_first_time_findings_are_taken_as_known_and_sources_are_told_of() -> None:
    report = document("unclear", cycle("F1", outcome="did not hold"), sources=(source("jira", complete=False),))
    found = news(report, STALE, {})
    assert keys(found) == ["stale:jira", "incomplete:jira"]
    assert found.known == {VERDICT: "unclear", "cycle:F1": None, "fix:F1:PRB1": None}


def test_a_changed_verdict_is_told_each_time_it_changes() -> None:
    found = news(document("breaking_out"), {}, KNOWN)
    assert [alert.text for alert in found.alerts] == [
        'The verdict has changed from "endless cycles" to "breaking out". It is breaking_out: so it is.'
    ]
    told = after(KNOWN, found)
    assert news(document("breaking_out"), {}, told).alerts == ()
    assert keys(news(document("endless_cycles"), {}, told)) == [VERDICT]


def test_a_new_endless_cycle_and_a_fix_that_did_not_hold_are_told_once_and_for_all() -> None:
    report = document("endless_cycles", cycle("F1", outcome="did not hold"), cycle("F2", endless=False, outcome="held"))
    found = news(report, {}, KNOWN)
    assert keys(found) == ["cycle:F1", "fix:F1:PRB1"]
    assert found.alerts[0].page == "/cycles/F1"
    assert found.alerts[0].text == 'New endless cycle: "Problem F1", 5 episodes and 12 h so far.'
    assert found.alerts[1].text == 'Fix PRB1 of 2026-03-14 did not hold: "Problem F1" came back 4 times since.'
    told = after(KNOWN, found)
    gone = news(document("endless_cycles"), {}, told)
    assert (gone.alerts, gone.over) == ((), ())
    assert news(report, {}, after(told, gone)).alerts == ()


def test_a_source_that_recovers_and_fails_again_is_told_of_again() -> None:
    bad = document("endless_cycles", sources=(source("jira", complete=False),))
    well = document("endless_cycles", sources=(source("jira"),))
    first = news(bad, STALE, KNOWN)
    assert [alert.text for alert in first.alerts] == [
        "Source jira was last pulled to its end at 2026-05-01T00:00:00+00:00.",
        "Source jira is not complete: 3 tickets cannot be seen.",
    ]
    told = after(KNOWN, first)
    assert news(bad, STALE, told).alerts == ()
    recovered = news(well, {}, told)
    assert (recovered.alerts, recovered.over) == ((), ("incomplete:jira", "stale:jira"))
    assert keys(news(bad, STALE, after(told, recovered))) == keys(first)


def test_a_source_that_was_never_reconciled_is_no_alert() -> None:
    assert news(document("endless_cycles", sources=(source("jira", complete=None),)), {}, KNOWN).alerts == ()


@given(
    st.sampled_from(["endless_cycles", "unclear", "under_control"]),
    st.sets(st.sampled_from(["F1", "F2", "F3"])),
    st.booleans(),
    st.dictionaries(st.sampled_from([VERDICT, "cycle:F1", "fix:F1:PRB1", "stale:jira"]), st.just("unclear")),
)
def test_whatever_was_told_nothing_is_new_twice(state: str, ids: set[str], stale: bool, told: Any) -> None:
    report = document(state, *(cycle(id_, outcome="did not hold") for id_ in sorted(ids)))
    found = news(report, STALE if stale else {}, told)
    again = news(report, STALE if stale else {}, after(told, found))
    assert (again.alerts, again.over) == ((), ())
