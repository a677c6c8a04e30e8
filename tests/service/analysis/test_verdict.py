from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.analysis.calendar import Period
from service.analysis.evidence import LoopFact, Money, ScopeEvidence, SourceFact
from service.analysis.formulas import compute_metrics
from service.analysis.metric import Metric
from service.analysis.pending import PendingFix, PendingFixes
from service.analysis.sentence import MOST_WORDS
from service.analysis.trend import Direction
from service.analysis.verdict import reach_verdict
from tests.service.analysis.samples import MONDAY, WINDOW, cycle, evidence, fix, seen, shuffled, team

IN_WINDOW = "in the 13 weeks from 5 January 2026 to 5 April 2026"
FULL = WINDOW.begin - timedelta(weeks=26)
"""From here on the look-back of every week of the window is full."""


@pytest.mark.parametrize(
    ("given", "state"),
    [
        ({}, "endless_cycles"),
        ({"trends": ("rising", "rising")}, "endless_cycles"),
        ({"trends": ("falling", "flat")}, "breaking_out"),
        ({"trends": ("falling", None)}, "breaking_out"),
        ({"trends": ("flat", "falling")}, "recurring"),
        ({"trends": (None, "flat")}, "recurring"),
        ({"trends": ("flat", None)}, "recurring"),
        ({"sums": {"failure": 400, "repeat": 120, "repeat.endless": 40}}, "endless_cycles"),
        ({"sums": {"failure": 400, "repeat": 120, "repeat.endless": 39}}, "recurring"),
        ({"recognition": seen(label=0.51)}, "recurring"),
        ({"recognition": seen(label=0.51), "trends": ("falling", "falling")}, "recurring"),
        ({"recognition": seen(label=0.5)}, "endless_cycles"),
        ({"recognition": seen(label=0.9, precision=(0.9, 0.75, 0.97))}, "endless_cycles"),
        ({"recognition": seen(precision=(0.5, 0.3, 0.7)), "repeat": (0.3, 0.25, 0.35)}, "unclear"),
        ({"recognition": seen(recall=None, visible=0.2)}, "endless_cycles"),
        ({"recognition": None}, "endless_cycles"),
        ({"repeat": (0.05, 0.03, 0.07)}, "under_control"),
        ({"repeat": (0.05, 0.03, 0.07), "trends": ("rising", None)}, "under_control"),
        ({"repeat": (0.05, 0.03, 0.081)}, "unclear"),
        ({"repeat": (0.05, 0.03, 0.079)}, "under_control"),
        ({"repeat": (0.05, 0.03, 0.07), "recognition": seen(recall=(0.5, 0.4, 0.6))}, "unclear"),
        ({"repeat": (0.05, 0.03, 0.09), "recognition": seen(precision=(0.7, 0.5, 0.8))}, "under_control"),
        ({"repeat": (0.05, 0.03, 0.07), "recognition": seen(recall=None)}, "not_visible"),
        ({"repeat": (0.05, 0.03, 0.07), "recognition": None}, "not_visible"),
        ({"repeat": (0.05, 0.03, 0.07), "recognition": seen(visible=0.59)}, "not_visible"),
        ({"repeat": (0.05, 0.03, 0.07), "recognition": seen(visible=0.6)}, "under_control"),
        ({"repeat": (0.05, 0.03, 0.07), "known_from": FULL}, "under_control"),
        ({"repeat": (0.05, 0.03, 0.07), "known_from": FULL + timedelta(hours=1)}, "unclear"),
        ({"repeat": (0.12, 0.07, 0.2)}, "unclear"),
        ({"repeat": (0.12, 0.07, 0.2), "trends": ("falling", "falling")}, "unclear"),
        ({"repeat": (0.12, 0.1, 0.15)}, "unclear"),
        ({"repeat": (0.12, 0.10000001, 0.15)}, "endless_cycles"),
        ({"failures": 99}, "inconclusive"),
        ({"failures": 100}, "endless_cycles"),
        ({"known_from": None}, "inconclusive"),
        ({"known_from": WINDOW.end - timedelta(weeks=12)}, "endless_cycles"),
        ({"known_from": WINDOW.end - timedelta(weeks=12) + timedelta(days=1)}, "inconclusive"),
        ({"sources": (SourceFact("jira", complete=None),)}, "inconclusive"),
        ({"sources": (SourceFact("jira", complete=False, tickets=99, lacking=1),)}, "endless_cycles"),
        ({"sources": (SourceFact("jira", complete=False, tickets=98, lacking=2),)}, "inconclusive"),
        ({"sources": (SourceFact("jira", complete=False, tickets=98),)}, "inconclusive"),
        ({"sources": (SourceFact("jira", complete=True, pulled_at=WINDOW.end),)}, "endless_cycles"),
        ({"sources": (SourceFact("jira", complete=True, pulled_at=WINDOW.end - timedelta(hours=1)),)}, "inconclusive"),
        ({"sources": (SourceFact("jira", complete=True, unknown_share=0.05),)}, "endless_cycles"),
        ({"sources": (SourceFact("jira", complete=True, unknown_share=0.051),)}, "inconclusive"),
        ({"failures": 0, "repeat": None}, "inconclusive"),
    ],
)  # fmt: skip
def test_the_state_follows_the_definitions(given: dict[str, Any], state: str) -> None:
    assert reach_verdict(evidence(**given)).state == state


SHARES = st.floats(0, 1)
BOUNDS = st.tuples(SHARES, SHARES, SHARES).map(sorted).map(lambda bounds: (bounds[1], bounds[0], bounds[2]))
DIRECTIONS: st.SearchStrategy[Direction | None] = st.sampled_from(("rising", "falling", "flat", None))
RECOGNITIONS = st.none() | st.builds(
    seen, recall=st.none() | BOUNDS, precision=st.none() | BOUNDS, visible=st.floats(0.05, 1), label=SHARES
)


@st.composite
def any_evidence(draw: st.DrawFn) -> ScopeEvidence:
    """Evidence of any kind, enough for a verdict or not."""
    since = draw(st.none() | st.integers(0, 60).map(lambda weeks: WINDOW.end - timedelta(weeks=weeks)))
    repeat = draw(st.none() | BOUNDS | BOUNDS.map(lambda bounds: (bounds[0] / 9, bounds[1] / 9, bounds[2] / 9)))
    return evidence(
        repeat,
        (draw(DIRECTIONS), draw(DIRECTIONS)),
        draw(st.sampled_from((0, 99, 100, 4000))),
        known_from=since,
        scope=draw(st.sampled_from(("all", "team:Net", "service:" + "very long name " * 20))),
        recognition=draw(RECOGNITIONS),
        money=draw(st.sampled_from((None, Money(80, "EUR"), Money(None, "EUR", 5e6), Money(80, "EUR", 9e4)))),
        cycles=draw(st.sampled_from(((), (cycle(),)))),
        sources=draw(st.sampled_from(((), (SourceFact("jira", complete=None),)))),
    )  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(any_evidence())
def test_few_repeats_are_never_read_into_what_was_not_seen(given: ScopeEvidence) -> None:
    verdict = reach_verdict(given)
    if verdict.state == "under_control":
        assert given.known_from is not None
        assert given.known_from <= FULL
        assert verdict.recall is not None
        assert verdict.visibility is not None
        assert verdict.visibility.visible >= 0.6
        assert (given.metrics["repeat_share"].high or 0) * (verdict.precision.high if verdict.precision else 1) < 0.1
    assert len(verdict.sentence.split()) <= MOST_WORDS
    assert not any(word in verdict.sentence for word in ("interval", "p =", "n ="))
    assert 1 <= len(verdict.first_steps) <= 3
    assert repr(reach_verdict(given)) == repr(verdict)


@settings(max_examples=200, deadline=None)
@given(BOUNDS, RECOGNITIONS, st.integers(0, 60), st.floats(0.01, 1))
def test_less_recall_never_brings_anything_under_control(
    repeat: tuple[float, float, float], recognition: Any, weeks: int, part: float
) -> None:
    """Less of the repeats recognised, or more of them counted, takes under_control away and never gives it."""
    if recognition is None or recognition.recall is None:
        return
    recall = recognition.recall
    fewer = (recall.value * part, recall.low * part, recall.high * part)
    precision = recognition.precision and (
        recognition.precision.value, recognition.precision.low, recognition.precision.high,
    )  # fmt: skip
    less = seen(fewer, precision, recognition.visibility.visible)
    since = WINDOW.end - timedelta(weeks=weeks)
    value, low, high = (min(1.0, bound * 1.5) for bound in repeat)
    states = [
        reach_verdict(evidence(share, recognition=by, known_from=since)).state
        for share, by in ((repeat, less), ((value, low, high), recognition))
    ]
    if "under_control" in states:
        assert reach_verdict(evidence(repeat, recognition=recognition, known_from=since)).state == "under_control"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"money": Money(85, "EUR")},
            "Support runs in endless cycles: in 13 weeks 120 of 400 failures repeated known problems, costing EUR "
            "21,000 to 30,000, with no clear trend.",
        ),
        (
            {"trends": ("falling", "flat"), "scope": "team:Network: core"},
            "Support in team Network: core is breaking out of endless cycles: in 13 weeks 120 of 400 failures repeated "
            "known problems, and falling.",
        ),
        (
            {"trends": (None, None), "money": Money(None, "EUR", 90_000), "scope": "team:A name of many words"},
            "Known problems keep coming back in this team: in 13 weeks 120 of 400 failures repeated known problems, "
            "costing EUR 53,000 to 95,000, trend not yet known.",
        ),
        (
            {"repeat": (0.05, 0.03, 0.07), "trends": ("rising", "flat")},
            "Support has its repeats under control: in 13 weeks 20 of 400 failures repeated known problems, and "
            "rising.",
        ),
        (
            {"repeat": (0.05, 0.03, 0.07), "recognition": None},
            "Not enough can be seen: in 13 weeks 20 of 400 failures are known repeats, and how many more there are is "
            "unknown.",
        ),
        (
            {"repeat": (0.05, 0.03, 0.07), "recognition": seen(visible=0.4)},
            "Not enough can be seen: in 13 weeks 20 of 400 failures are known repeats, but only 40.0 % of tickets say "
            "what failed.",
        ),
        (
            {"repeat": (0.12, 0.07, 0.2)},
            "Endless cycles are neither proven nor ruled out: in 13 weeks 48 of 400 failures repeated known problems, "
            "with no clear trend.",
        ),
    ],
)
def test_the_sentence_names_size_money_and_direction(given: dict[str, Any], sentence: str) -> None:
    assert reach_verdict(evidence(**given)).sentence == sentence


def test_a_bound_beside_the_limit_is_not_rounded_onto_it() -> None:
    assert "95 % interval 10.0004 % to 15.0 %" in reach_verdict(evidence((0.12, 0.100004, 0.15))).how_sure[0]


def test_repeats_by_label_are_kinds_of_trouble_and_no_problems() -> None:
    verdict = reach_verdict(evidence(recognition=seen(label=0.8)))
    sentence = verdict.sentence
    assert verdict.headline == "Known kinds of trouble keep coming back"
    assert "problems" not in " ".join([sentence, *verdict.how_sure])
    assert [text.count("label") for text in (*verdict.how_sure, *verdict.first_steps)].count(0) >= 5
    assert sentence.startswith("Known kinds of trouble keep coming back: in 13 weeks 120 of 400 failures were of a ")


def test_where_most_repeats_are_missed_the_sentence_says_so() -> None:
    sentence = reach_verdict(evidence((0.005, 0.001, 0.037), recognition=seen((0.145, 0.095, 0.214)))).sentence
    assert sentence == (
        "Endless cycles are neither proven nor ruled out: in 13 weeks 2 of 400 failures repeated known problems, but "
        "most repeats go unrecognised."
    )


def test_unclear_names_the_sample_that_would_decide() -> None:
    """By hand: 5 points below the share, 2 points to the limit; (5 / 2)^2 = 6.25 times 13 weeks and 400 tickets."""
    assert reach_verdict(evidence((0.12, 0.07, 0.2))).missing == (
        "At the same share and spread, about 82 weeks like these, with 2,501 failures instead of 400, would move the "
        "interval clear of 10 %.",
    )


def test_unclear_below_the_limit_narrows_what_was_missed() -> None:
    """By hand: 5 / 0.9 = 5.6 %, at most 9 / 0.8 = 11.25 %; (5.69 / 4.44)^2 = 1.64 times 13 weeks and 400 tickets."""
    assert "about 22 weeks like these, with 657 failures" in reach_verdict(evidence((0.05, 0.03, 0.09))).missing[0]


def test_unclear_by_recall_alone_asks_for_a_surer_one() -> None:
    missing = reach_verdict(evidence((0.08, 0.06, 0.09), recognition=seen((0.5, 0.3, 0.7)))).missing
    assert missing == (
        "The share is 8.0 % as counted, 16.0 % with what was missed, and at most 30.0 %: a surer recall would decide, "
        "so judge the sample (`treadmill review --sample`), or have duplicates closed as such, with a link to the "
        "earlier ticket.",
    )


def test_unclear_by_recall_alone_does_not_ask_for_years_of_weeks() -> None:
    """By hand: at most 3.7 / 9.5 = 38.9 %; (35.5 / 6.6)^2 = 29 times 13 weeks would be seven years."""
    missing = reach_verdict(evidence((0.005, 0.001, 0.037), recognition=seen((0.145, 0.095, 0.214)))).missing
    assert "a surer recall would decide" in missing[0]


def test_a_share_at_the_limit_is_decided_by_no_sample() -> None:
    verdict = reach_verdict(evidence((0.1, 0.08, 0.12), recognition=seen((1.0, 1.0, 1.0))))
    assert "no sample of practical size" in verdict.missing[0]


def test_unclear_for_a_partial_look_back_says_how_to_fill_it() -> None:
    verdict = reach_verdict(evidence((0.05, 0.03, 0.07), known_from=WINDOW.begin - timedelta(weeks=20)))
    assert verdict.missing == (
        "6 weeks look back beyond the data, which begin on 18 August 2025: wait until none does, or pull more of the "
        "past (SINCE).",
    )


def test_not_visible_says_what_would_make_it_visible() -> None:
    seen_little = seen(recall=None, visible=0.3)
    verdict = reach_verdict(evidence((0.05, 0.03, 0.07), recognition=seen_little))
    assert verdict.missing == (
        "The share of tickets with a title and text that say what failed is 30.0 %; 60 % are needed: have the form ask "
        "for it, or map the field that holds it to the title.",
        "How many repeats are recognised is not known: judge the sample (`treadmill review --sample`), or have "
        "duplicates closed as such, with a link to the earlier ticket.",
    )
    assert verdict.first_steps[:2] == verdict.missing


def test_inconclusive_says_what_is_missing_and_when_it_will_suffice() -> None:
    """By hand: known from Tuesday 17 February, so from Monday 23 on: 6 weeks to 5 April; 12 are full on 18 May.

    60 tickets in 6 weeks make 10 a week; 100 need 10 weeks, 4 more than there are: 4 May.
    """
    sources = (
        SourceFact("jira", complete=None, pulled_at=WINDOW.end),
        SourceFact("emea", complete=False, tickets=900, lacking=100),
    )
    verdict = reach_verdict(evidence(failures=60, known_from=MONDAY + timedelta(weeks=6, days=1), sources=sources))
    assert verdict.sentence == (
        "The data do not yet show whether support runs in endless cycles: 6 of 12 weeks of data, 60 of the 100 "
        "failures needed, 2 more reasons."
    )
    assert verdict.missing == (
        "12 full weeks of data are needed, but only 6 are there: wait until 18 May 2026, or pull more of the past.",
        f"60 failures were opened {IN_WINDOW}; 100 are needed, 40 more. At the present rate that takes until about 4 "
        "May 2026.",
        "Source emea lacks 100 of 1,000 tickets (10.0 %): run `treadmill census emea`.",
        "Source jira has never been compared with the store: run `treadmill census jira`.",
    )


def test_a_source_in_its_first_pull_asks_for_nothing_but_patience() -> None:
    verdict = reach_verdict(evidence(sources=(SourceFact("jira", complete=None),)))
    assert verdict.state == "inconclusive"
    assert verdict.missing == ("Source jira was never pulled to its end: wait for the end of its first pull.",)


def test_unknown_words_and_a_stale_source_are_named_with_their_remedy() -> None:
    source = SourceFact("jira", complete=True, unknown_share=0.2, pulled_at=WINDOW.begin)
    assert reach_verdict(evidence(sources=(source,))).missing == (
        "Source jira was last pulled on 5 January 2026, before the period ended: run `treadmill sync jira`.",
        "Nobody understood the status or kind of 20.0 % of the tickets of source jira: `treadmill check jira` names "
        "them: map them with STATUS_MAP and KIND_MAP.",
    )


def test_a_rate_that_will_never_suffice_is_called_so() -> None:
    remedies = {
        scope: reach_verdict(evidence(failures=26, scope=scope)).missing[0].partition("weeks bring only about ")[2]
        for scope in ("all", "team:Network")
    }
    assert remedies == {
        "all": "26: so small a desk has no verdict, but its problems are listed.",
        "team:Network": "26: choose a wider scope.",
    }


def test_nothing_at_all() -> None:
    metrics = {metric.id: metric for metric in compute_metrics([], {}, 0, WINDOW.end)}
    verdict = reach_verdict(evidence(known_from=None, sums={}, metrics=metrics, trends=(None, None), sources=()))
    assert verdict.state == "inconclusive"
    assert verdict.sentence.endswith("runs in endless cycles: 0 of 12 weeks of data.")
    assert verdict.missing[0] == "There are no tickets yet. 12 full weeks of data are needed: pull a source."
    assert (verdict.money, verdict.drivers) == ((), ())


def test_a_period_before_the_data_says_that_the_store_holds_later_ones() -> None:
    later = SourceFact("jira", complete=True, tickets=900)
    verdict = reach_verdict(evidence(known_from=None, sums={}, metrics={}, trends=(None, None), sources=(later,)))
    assert verdict.missing == (
        "No ticket until 5 April 2026 is in the store: choose a later day, or pull more of the past (SINCE).",
    )
    assert verdict.how_sure == ("Nothing is known of these weeks: no ticket up to then is in the store.",)


def test_one_ticket() -> None:
    verdict = reach_verdict(evidence(None, failures=1, known_from=WINDOW.end - timedelta(days=3)))
    assert verdict.missing[1].startswith("1 failure was opened in the 13 weeks")
    assert verdict.missing[1].endswith("100 are needed, 99 more. The data do not yet show when.")


def test_a_small_gap_is_named_and_does_not_hold_up_the_verdict() -> None:
    gap = SourceFact("jira", complete=False, tickets=9990, lacking=10, gaps=("10 tickets are refused.",))
    verdict = reach_verdict(evidence(sources=(gap,)))
    assert verdict.state == "endless_cycles"
    assert verdict.missing == ("Source jira lacks 10 of 10,000 tickets (0.1 %): 10 tickets are refused.",)


def test_how_sure_names_every_number_with_its_interval_and_limit() -> None:
    given = evidence(
        money=Money(85, "EUR", 90_000), known_from=WINDOW.begin, recognition=seen(precision=(0.9, 0.75, 0.97))
    )
    given.metrics["repeat_share"] = Metric(  # type: ignore[index]
        "repeat_share", 0.3, 400, "share", 0.25, 0.35, undecided_low=0.28, undecided_high=0.4
    )
    given.sums["undecided"] = 50  # type: ignore[index]
    assert reach_verdict(given).how_sure == (
        "In the 13 weeks from 5 January 2026 to 5 April 2026, 30.0 % of 400 failures (95 % interval 25.0 % to 35.0 %) "
        "repeated known problems.",
        "Corrected for what was missed and what was wrongly joined, the share is 30.0 % (95 % interval 19.7 % to "
        "42.4 %).",
        "All 13 weeks look back beyond 5 January 2026, when the data begin: what came before counts as new, so there "
        "may be more repeats than were counted.",
        "Of the repeats that people closed as duplicates, 90.0 % (95 % interval 80.0 % to 95.0 %, n = 100) were "
        "recognised from their text.",
        "Of the repeats that a person judged, 90.0 % (95 % interval 75.0 % to 97.0 %, n = 30) are the same problem.",
        "Over the last 26 weeks the share of repeats was flat (0.00 points a week, 95 % interval -0.10 to +0.10, p = "
        "0.600, 26 weeks); a change below 5.2 points in 26 weeks could have gone unseen.",
        "10.0 % of the repeats share no more than a label. Equal labels show a kind of trouble, not that it is one "
        "problem.",
        "90.0 % of 400 reactive tickets can be seen: 85.0 % by their words, 5.0 % by a label alone.",
        "60 of 120 repeats (50.0 %) belong to endless cycles.",
        "Depending on what 50 undecided tickets are, the share lies between 28.0 % and 40.0 %.",
        "The repeats of the period cost EUR 53,000 to 95,000: EUR 90,000 a month times their share of all work; "
        "the hourly rate is set too, but not used: hours can be estimates.",
        "In hours, repeats took 300 h of 1,000 h of work on failures (60.0 % logged, the rest estimated): 30.0 %.",
    )


def test_without_recall_and_direction_it_says_so() -> None:
    texts = reach_verdict(evidence(trends=(None, None), recognition=seen(recall=None))).how_sure
    assert "How many repeats were missed is not known: people closed only 7 tickets as duplicates." in texts
    assert "Whether the share of repeats rises or falls is not known yet: fewer than 8 weeks can be compared." in texts
    assert "How much can be seen has not been counted." in reach_verdict(evidence(recognition=None)).how_sure


def test_a_verdict_over_26_weeks_says_so() -> None:
    wide = evidence(period=Period(WINDOW.end - timedelta(weeks=26), WINDOW.end))
    verdict = reach_verdict(wide)
    assert verdict.weeks == 26
    assert "in 26 weeks 120 of 400 failures" in verdict.sentence
    assert verdict.how_sure[-1] == "13 weeks hold too few failures for a verdict, so it is about 26 weeks."


def test_the_first_step_is_to_end_the_greatest_problem_with_what_was_tried() -> None:
    cycles = (cycle("c1"), cycle("c2", window_tickets=60, title="Badge reader"), cycle("c3", work="request"))
    steps = reach_verdict(evidence(cycles=cycles)).first_steps
    assert steps == (
        'End "Badge reader" (c2) first: 60 repeats (50.0 % of all), 4 flare-ups so far. No fix is linked to it: '
        "open a problem record.",
    )
    failed = fix(cycle="c2", outcome="did not hold")
    assert (
        reach_verdict(evidence(cycles=cycles, fixes=(failed,)))
        .first_steps[0]
        .endswith("Its last fix, jira:70 of 5 January 2026, did not hold: ask what it missed.")
    )


def test_linked_work_that_is_no_fix_yet_is_to_be_seen_through_or_labelled() -> None:
    work = PendingFix("CHG1", "Upgrade", "open"), PendingFix("CHG2", "Upgrade", "open")
    is_open = cycle(pending_fixes=PendingFixes.of(work))
    undecided = cycle(pending_fixes=PendingFixes.of([PendingFix("CHG3", "Upgrade", "resolved, nature undecided")]))
    steps = [reach_verdict(evidence(cycles=(each,))).first_steps[0] for each in (is_open, undecided)]
    assert steps[0].endswith("CHG1 (and 1 more) is linked to it, and still open: see it through.")
    assert steps[1].endswith("CHG3 is linked to it, but its nature is undecided: label it.")


def test_what_makes_it_surer_follows_the_greatest_problem() -> None:
    given = evidence(cycles=(cycle(),), recognition=seen(recall=None))
    given.sums["undecided"] = 60  # type: ignore[index]
    assert reach_verdict(given).first_steps[1:] == (
        "Judge the sample of repeats and others, 60 tickets: `treadmill review --sample`.",
        "Label the 60 tickets of unclear nature, or write a rule: `treadmill review`.",
    )


def test_a_sample_that_is_judged_is_not_to_be_judged_again() -> None:
    judged = seen(recall=None, to_judge=0)
    steps = reach_verdict(evidence(cycles=(cycle(),), recognition=judged)).first_steps
    by_label = reach_verdict(evidence(cycles=(cycle(),), recognition=seen(label=1.0, recall=None, to_judge=0)))
    unclear = reach_verdict(evidence((0.08, 0.06, 0.09), recognition=seen((0.5, 0.3, 0.7), to_judge=0)))
    unseen = reach_verdict(evidence((0.05, 0.03, 0.07), recognition=seen(recall=None, visible=0.3, to_judge=0)))

    assert steps[1:] == (
        "Close duplicates as such, with a link to the earlier ticket: they show how many repeats are recognised.",
    )
    assert not any("judge the sample" in str(verdict).lower() for verdict in (by_label, unclear, unseen))


def test_requests_that_recur_change_nothing() -> None:
    requests = tuple(cycle(f"r{n}", work="request", window_tickets=900) for n in range(9))
    assert reach_verdict(evidence(cycles=(cycle(), *requests))) == reach_verdict(evidence(cycles=(cycle(),)))


def test_the_same_evidence_gives_the_same_bytes_in_whatever_order_it_is_given() -> None:
    loops = (LoopFact("reopened", 10, 200, 3600), LoopFact("pingpong", 10, 200, 3600))
    cycles = (cycle("c1"), cycle("c2"), cycle("c3", window_seconds=1))
    sources = (SourceFact("a", complete=None), SourceFact("b", complete=None))
    given: ScopeEvidence = evidence(cycles=cycles, teams=(team("A"), team("B")), loops=loops, sources=sources)
    turned = shuffled(given, ("cycles", "teams", "loops", "sources"))
    assert repr(reach_verdict(turned)).encode() == repr(reach_verdict(given)).encode()


def test_a_scope_of_requests_only_waits_for_no_failures() -> None:
    verdict = reach_verdict(evidence(None, failures=0, sums={"opened": 216, "request": 171}))
    assert verdict.sentence.endswith("endless cycles: no failure, 171 requests.")
    assert verdict.first_steps == (
        "No failure was opened in the 13 weeks from 5 January 2026 to 5 April 2026, but 171 requests: these are "
        "demand, and no cycles. Look at the requests that recur, candidates for automation or self-service.",
    )


def test_seen_and_recognised_are_two_words() -> None:
    of_visibility = [sentence for sentence in reach_verdict(evidence()).how_sure if "reactive ticket" in sentence]
    assert [("can be seen" in text, "recognised" in text) for text in of_visibility] == [(True, False)]
