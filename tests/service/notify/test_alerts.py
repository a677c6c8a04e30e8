"""Each alert is sent once: a finding for all time, a state again when it has ended and come back."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from service.analysis.sentence import State
from service.notify.alerts import VERDICT, AlertUpdate, update_alerts
from tests.service.notify.documents import cycle, document, source

STALE = {"jira": "source jira was last pulled to its end at 2026-05-01T00:00:00+00:00"}
STATES: tuple[State, ...] = ("endless_cycles", "unclear", "under_control")
SENT: dict[str, str | None] = {VERDICT: "endless_cycles"}


def keys(result: AlertUpdate) -> list[str]:
    return [alert.key for alert in result.alerts]


def after(sent: Mapping[str, str | None], result: AlertUpdate) -> dict[str, str | None]:
    """The record once the alerts were accepted."""
    now = {**sent, **result.unsent, **{alert.key: alert.value for alert in result.alerts}}
    return {key: value for key, value in now.items() if key not in result.ended}


def test_the_first_time_findings_are_recorded_and_sources_are_alerted() -> None:
    report = document("unclear", cycle("F1", outcome="did not hold"), sources=(source("jira", complete=False),))
    result = update_alerts(report, STALE, {})
    assert keys(result) == ["stale:jira", "incomplete:jira"]
    assert result.unsent == {VERDICT: "unclear", "cycle:F1": None, "fix:F1:PRB1": None}


def test_a_verdict_is_an_alert_each_time_it_changes() -> None:
    result = update_alerts(document("breaking_out"), {}, SENT)
    assert [alert.text for alert in result.alerts] == [
        'The verdict has changed from "endless cycles" to "breaking out". It is breaking_out: so it is.'
    ]
    sent = after(SENT, result)
    assert update_alerts(document("breaking_out"), {}, sent).alerts == ()
    assert keys(update_alerts(document("endless_cycles"), {}, sent)) == [VERDICT]


def test_a_new_endless_cycle_and_a_failed_fix_are_alerts_once_and_for_all() -> None:
    report = document("endless_cycles", cycle("F1", outcome="did not hold"), cycle("F2", endless=False, outcome="held"))
    result = update_alerts(report, {}, SENT)
    assert keys(result) == ["cycle:F1", "fix:F1:PRB1"]
    assert result.alerts[0].page == "/cycles/F1"
    assert result.alerts[0].text == 'New endless cycle: "Problem F1", 5 flare-ups and 5 tickets so far.'
    assert result.alerts[1].text == 'Fix PRB1 of 14 March 2026 did not hold: "Problem F1" came back 4 times since.'
    sent = after(SENT, result)
    gone = update_alerts(document("endless_cycles"), {}, sent)
    assert (gone.alerts, gone.ended) == ((), ())
    assert update_alerts(report, {}, after(sent, gone)).alerts == ()


def test_a_source_that_recovers_and_fails_again_is_a_new_alert() -> None:
    bad = document("endless_cycles", sources=(source("jira", complete=False),))
    well = document("endless_cycles", sources=(source("jira"),))
    first = update_alerts(bad, STALE, SENT)
    assert [alert.text for alert in first.alerts] == [
        "Source jira was last pulled to its end at 2026-05-01T00:00:00+00:00.",
        "Source jira is not complete: 3 tickets cannot be seen.",
    ]
    sent = after(SENT, first)
    assert update_alerts(bad, STALE, sent).alerts == ()
    recovered = update_alerts(well, {}, sent)
    assert (recovered.alerts, recovered.ended) == ((), ("incomplete:jira", "stale:jira"))
    assert keys(update_alerts(bad, STALE, after(sent, recovered))) == keys(first)


def test_a_source_that_was_never_reconciled_is_no_alert() -> None:
    assert update_alerts(document("endless_cycles", sources=(source("jira", complete=None),)), {}, SENT).alerts == ()


@given(
    st.sampled_from(STATES),
    st.sets(st.sampled_from(["F1", "F2", "F3"])),
    st.booleans(),
    st.dictionaries(st.sampled_from([VERDICT, "cycle:F1", "fix:F1:PRB1", "stale:jira"]), st.just("unclear")),
)
def test_whatever_was_sent_nothing_is_new_twice(
    state: State, ids: set[str], stale: bool, sent: dict[str, str | None]
) -> None:
    report = document(state, *(cycle(id_, outcome="did not hold") for id_ in sorted(ids)))
    result = update_alerts(report, STALE if stale else {}, sent)
    again = update_alerts(report, STALE if stale else {}, after(sent, result))
    assert (again.alerts, again.ended) == ((), ())
