from datetime import timedelta
from typing import Any

import pytest

from service.analysis.evidence import LoopFact, Money, ScopeEvidence, SourceFact
from service.analysis.formulas import compute_metrics
from service.analysis.metric import Metric
from service.analysis.verdict import reach_verdict
from tests.service.analysis.samples import MONDAY, WINDOW, cycle, evidence, shuffled, team

IN_WINDOW = "in the 13 weeks from 5 January 2026 to 5 April 2026"
LOGGED = "The hours of failures are 60.0 % logged, the rest estimated."


@pytest.mark.parametrize(
    ("given", "state"),
    [
        ({}, "endless_cycles"),
        ({"trends": ("rising", "rising")}, "endless_cycles"),
        ({"trends": ("falling", "flat")}, "breaking_out"),
        ({"trends": ("falling", "falling")}, "breaking_out"),
        ({"trends": ("flat", "falling")}, "unclear"),
        ({"trends": (None, "flat")}, "unclear"),
        ({"trends": ("flat", None)}, "unclear"),
        ({"trends": ("falling", None)}, "breaking_out"),
        ({"repeat": (0.05, 0.03, 0.08)}, "under_control"),
        ({"repeat": (0.05, 0.03, 0.08), "trends": ("rising", "rising")}, "under_control"),
        ({"repeat": (0.05, 0.03, 0.08), "trends": (None, None)}, "under_control"),
        ({"repeat": (0.12, 0.07, 0.2)}, "unclear"),
        ({"repeat": (0.12, 0.07, 0.2), "trends": ("falling", "falling")}, "unclear"),
        ({"repeat": (0.12, 0.1, 0.15)}, "unclear"),
        ({"repeat": (0.12, 0.10000001, 0.15)}, "endless_cycles"),
        ({"repeat": (0.08, 0.06, 0.1)}, "unclear"),
        ({"repeat": (0.08, 0.06, 0.09999999)}, "under_control"),
        ({"repeat": (0.1, 0.1, 0.1)}, "unclear"),
        ({"repeat": None}, "unclear"),
        ({"reactive": 99}, "inconclusive"),
        ({"reactive": 100}, "endless_cycles"),
        ({"known_from": None}, "inconclusive"),
        ({"known_from": WINDOW.end - timedelta(weeks=12)}, "endless_cycles"),
        ({"known_from": WINDOW.end - timedelta(weeks=12) + timedelta(days=1)}, "inconclusive"),
        ({"sources": (SourceFact("jira", complete=None),)}, "inconclusive"),
        ({"sources": (SourceFact("jira", complete=False, tickets=99, lacking=1),)}, "endless_cycles"),
        ({"sources": (SourceFact("jira", complete=False, tickets=98, lacking=2),)}, "inconclusive"),
        ({"sources": (SourceFact("jira", complete=False, tickets=98),)}, "inconclusive"),
        ({"reactive": 0, "repeat": None}, "inconclusive"),
    ],
)  # fmt: skip
def test_the_state_follows_the_definitions(given: dict[str, Any], state: str) -> None:
    assert reach_verdict(evidence(**given)).state == state


def test_endless_cycles_in_words() -> None:
    assert reach_verdict(evidence()).sentence == (
        f"Support runs in endless cycles: {IN_WINDOW}, 30.0 % (95 % interval 25.0 % to 35.0 %, n = 400 failures) "
        "of the hours of failures went into problems that had been there before; over the last 26 weeks neither "
        f"this share nor the reactive share of all hours is falling. {LOGGED}"
    )


def test_breaking_out_in_words() -> None:
    verdict = reach_verdict(evidence(trends=("falling", "flat"), scope="team:Network: core"))
    assert verdict.sentence == (
        f"Support (team Network: core) is breaking out of endless cycles: {IN_WINDOW}, 30.0 % (95 % interval 25.0 % "
        "to 35.0 %, n = 400 failures) of the hours of failures went into problems that had been there before; "
        "that is above 10 %, but falling (-0.30 points a week, 95 % interval -0.40 to -0.20, p = 0.010, 26 weeks). "
        f"{LOGGED}"
    )


def test_under_control_in_words_says_when_it_is_rising() -> None:
    verdict = reach_verdict(evidence((0.05, 0.03, 0.08), ("rising", "flat")))
    assert verdict.sentence == (
        f"Support has its repeats under control: {IN_WINDOW}, 5.0 % (95 % interval 3.0 % to 8.0 %, n = 400 failures) "
        "of the hours of failures went into problems that had been there before; the whole interval lies below "
        f"10 %, though the share is rising (+0.30 points a week, 95 % interval +0.20 to +0.40, p = 0.010, 26 weeks). "
        f"{LOGGED}"
    )


def test_under_control_says_that_older_problems_are_out_of_sight() -> None:
    sentence = reach_verdict(evidence((0.05, 0.03, 0.08), known_from=WINDOW.begin)).sentence
    assert sentence.endswith(
        "from 5 January 2026 on; a problem that came back from before counts as new, so the repeats are a lower bound."
    )


def test_a_bound_beside_the_limit_is_not_rounded_onto_it() -> None:
    assert "95 % interval 10.0004 % to 15.0 %" in reach_verdict(evidence((0.12, 0.100004, 0.15))).sentence


def test_unclear_names_the_sample_that_would_decide() -> None:
    """By hand: 5 points below the share, 2 points to the limit; (5 / 2)^2 = 6.25 times 13 weeks and 400 tickets."""
    verdict = reach_verdict(evidence((0.12, 0.07, 0.2)))
    assert verdict.sentence.startswith("It is unclear whether support runs in endless cycles: in the 13 weeks")
    assert "the interval includes 10 %" in verdict.sentence
    assert verdict.missing == (
        "At the same share and spread, about 82 weeks like these, with 2,501 failures instead of 400, would "
        "move the interval clear of 10 %.",
    )


@pytest.mark.parametrize("repeat", [(0.1, 0.08, 0.12), (0.101, 0.08, 0.12), (0.0999, 0.08, 0.12)])
def test_a_share_at_the_limit_is_decided_by_no_sample(repeat: tuple[float, float, float]) -> None:
    assert "no sample of practical size" in reach_verdict(evidence(repeat)).missing[0]


def test_unclear_says_that_a_trend_is_missing_or_that_the_reactive_share_falls() -> None:
    unknown, falling = (
        reach_verdict(evidence(trends=(None, "flat"))),
        reach_verdict(evidence(trends=("flat", "falling"))),
    )
    assert "fewer than 8 weeks with a number are too few to show a trend" in unknown.sentence
    assert unknown.missing == ("A trend needs 8 of the last 26 weeks with a number.",)
    assert "but the reactive share of all hours is falling (-0.30 points a week" in falling.sentence
    assert "stops falling" in falling.missing[0]


def test_without_hours_it_is_unclear_and_says_what_to_do() -> None:
    verdict = reach_verdict(evidence(None))
    assert verdict.sentence == "It is unclear whether support runs in endless cycles: no hours are known."
    assert "STATUS_MAP" in verdict.missing[0]


def test_inconclusive_says_what_is_missing_and_when_it_will_suffice() -> None:
    """By hand: known from Tuesday 17 February, so from Monday 23 on: 6 weeks to 5 April; 12 are full on 18 May.

    60 tickets in 6 weeks make 10 a week; 100 need 10 weeks, 4 more than there are: 4 May.
    """
    sources = (SourceFact("jira", complete=None), SourceFact("emea", complete=False, tickets=900, lacking=100))
    verdict = reach_verdict(evidence(reactive=60, known_from=MONDAY + timedelta(weeks=6, days=1), sources=sources))
    assert verdict.sentence == (
        "The data do not yet show whether support runs in endless cycles: 6 of 12 weeks of data, 60 of 100 failures, "
        "emea incomplete, jira not reconciled."
    )
    assert verdict.missing == (
        "12 full weeks of data are needed, but only 6 are there: wait until 18 May 2026, or pull more of the past.",
        f"60 failures were opened {IN_WINDOW}; 100 are needed, 40 more. At the present rate that takes until "
        "about 4 May 2026.",
        "Source emea lacks 100 of 1,000 tickets (10.0 %): run `treadmill census emea`.",
        "Source jira has never been compared with the store: run `treadmill census jira`.",
    )


def test_a_rate_that_will_never_suffice_is_called_so() -> None:
    verdict = reach_verdict(evidence(reactive=26))
    assert verdict.missing[0].endswith("At the present rate 13 weeks bring only about 26: choose a wider scope.")


def test_nothing_at_all() -> None:
    metrics = {metric.id: metric for metric in compute_metrics([], {}, 0, WINDOW.end)}
    verdict = reach_verdict(evidence(known_from=None, sums={}, metrics=metrics, trends=(None, None), sources=()))
    assert verdict.state == "inconclusive"
    assert verdict.sentence.endswith("runs in endless cycles: 0 of 12 weeks of data, 0 of 100 failures.")
    assert verdict.missing[0] == "There are no tickets yet. 12 full weeks of data are needed: pull a source."
    assert (verdict.why, verdict.drivers) == ((), ())


def test_one_ticket() -> None:
    verdict = reach_verdict(evidence(None, reactive=1, known_from=WINDOW.end - timedelta(days=3)))
    assert verdict.missing[1].startswith("1 failure was opened in the 13 weeks")
    assert verdict.missing[1].endswith("100 are needed, 99 more. The data do not yet show when.")


def test_a_small_gap_is_named_and_does_not_hold_up_the_verdict() -> None:
    gap = SourceFact("jira", complete=False, tickets=9990, lacking=10, gaps=("10 tickets are refused.",))
    verdict = reach_verdict(evidence(sources=(gap,)))
    assert verdict.state == "endless_cycles"
    assert verdict.missing == ("Source jira lacks 10 of 10,000 tickets (0.1 %): 10 tickets are refused.",)


def test_why_names_every_number_with_its_interval() -> None:
    given = evidence(money=Money(85, "EUR"), known_from=WINDOW.begin)
    given.metrics["repeat_share"] = Metric("repeat_share", 0.25, 400, "share", 0.21, 0.29)  # type: ignore[index]
    given.sums["repeat"] = 100  # type: ignore[index]
    assert reach_verdict(given).why == (
        "300 h of 1,000 h of work on failures in the 13 weeks from 5 January 2026 to 5 April 2026 went into problems "
        f"that had been there before: 30.0 % (95 % interval 25.0 % to 35.0 %, n = 400 failures). {LOGGED}",
        "Counted by ticket, repeats are 100 of 400 failures: 25.0 % (95 % interval 21.0 % to 29.0 %, n = 400 "
        "failures).",
        "Over the last 26 weeks the share of repeat hours is flat (0.00 points a week, 95 % interval -0.10 to +0.10, "
        "p = 0.600, 26 weeks); a change of 5.2 points in 26 weeks would have been seen.",
        "Reactive work takes 80.0 % (95 % interval 75.0 % to 85.0 %, n = 500 tickets) of all hours.",
        "Over the last 26 weeks the reactive share of all hours is flat (0.00 points a week, 95 % interval -0.10 to "
        "+0.10, p = 0.600, 26 weeks); a change of 5.2 points in 26 weeks would have been seen.",
        "The repeat hours of the period cost an estimated EUR 25,500 at EUR 85.00 an hour (95 % interval EUR 21,250 to "
        "29,750).",
        "Tickets are known from 5 January 2026 on; a problem that came back from before counts as new, so the repeats "
        "are a lower bound.",
    )


@pytest.mark.parametrize(
    ("logged", "text"),
    [
        (0, "The hours of failures are all estimated."),
        (3_600_000, "The hours of failures are all logged."),
        (3_599_999, "The hours of failures are 99.99997 % logged, the rest estimated."),
    ],
)
def test_it_says_how_much_was_logged(logged: int, text: str) -> None:
    sums = {"failure": 400, "failure.s": 3_600_000, "failures.l": logged, "repeat.s": 1_080_000}
    assert reach_verdict(evidence(sums=sums)).sentence.endswith(text)


def test_the_same_evidence_gives_the_same_bytes_in_whatever_order_it_is_given() -> None:
    loops = (LoopFact("reopened", 10, 200, 3600), LoopFact("pingpong", 10, 200, 3600))
    cycles = (cycle("c1"), cycle("c2"), cycle("c3", window_seconds=1))
    sources = (SourceFact("a", complete=None), SourceFact("b", complete=None))
    given: ScopeEvidence = evidence(cycles=cycles, teams=(team("A"), team("B")), loops=loops, sources=sources)
    turned = shuffled(given, ("cycles", "teams", "loops", "sources"))
    assert repr(reach_verdict(turned)).encode() == repr(reach_verdict(given)).encode()
