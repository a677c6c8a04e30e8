from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from service.analysis.controls import NO_CONTROL, Control
from service.analysis.evidence import Money, ScopeEvidence, service_fact
from service.analysis.evidence import team_fact as of_weeks
from service.analysis.interval import wilson
from service.analysis.metric import Metric, PeriodSums
from service.analysis.questions import QUESTIONS, UNKNOWN, answer_questions
from tests.service.analysis.samples import (
    HOUR,
    MONDAY,
    WINDOW,
    cycle,
    evidence,
    fix,
    going,
    seen,
    share,
    shuffled,
    team,
)


def with_metrics(given: ScopeEvidence, *metrics: Metric) -> ScopeEvidence:
    given.metrics.update({metric.id: metric for metric in metrics})  # type: ignore[attr-defined]
    return given


def test_the_four_questions_stand_in_their_order_and_nothing_is_made_up() -> None:
    answers = answer_questions(evidence(metrics={}, trends=(None, None)))
    assert tuple(answer.question for answer in answers) == QUESTIONS
    assert all(answer.answer.startswith("The data do not show this") for answer in answers)
    assert [answer.evidence for answer in answers] == [(), (), (), ()]


def test_volume_stands_beside_outcome() -> None:
    answer = answer_questions(
        evidence(teams=(team("Desk"), team("Core", repeat_seconds=60 * HOUR)), money=Money(100, "EUR"))
    )[0]
    assert answer.answer == (
        "By volume, 200 tickets were closed; by outcome, 95.0 % stayed closed for 30 days, 2 problems ended after "
        "a fix. In 13 weeks, repeats of known problems cost EUR 25,000 to 35,000."
    )


def test_without_prices_the_repeats_are_counted() -> None:
    answer = answer_questions(evidence(teams=(team(),)))[0].answer
    assert answer.endswith("In 13 weeks, 120 failures repeated known problems.")


@pytest.mark.parametrize(
    ("sums", "end"),
    [
        ({"repeat": 0}, "In 13 weeks, no failure was recognised as a repeat; how many were is unknown."),
        ({"repeat": 0, "failure": 0, "rework": 0}, "In 13 weeks, no failure was opened."),
    ],
)
def test_not_recognised_is_not_read_as_not_there(sums: dict[str, int], end: str) -> None:
    given = evidence(teams=(team(),))
    given.sums.update(sums)  # type: ignore[attr-defined]
    assert answer_questions(replace(given, recognition=None))[0].answer.endswith(end)


def test_a_scope_without_teams_has_its_volume_and_outcome() -> None:
    broken = cycle(state="broken", endless=False, last_seen=MONDAY + timedelta(weeks=2))
    given = with_metrics(
        evidence(scope="source:desk", teams=(), cycles=(broken, cycle("c2"))),
        Metric("reopen_rate", 0.1, 200, "share", 0.06, 0.15),
    )
    given.sums["resolved"] = 300  # type: ignore[index]
    answer = answer_questions(given)[0]
    assert answer.answer == (
        "By volume, 300 tickets were closed; by outcome, 90.0 % stayed closed for 30 days, 1 problem ended after a "
        "fix. In 13 weeks, 120 failures repeated known problems."
    )


def test_each_team_has_its_row_in_the_order_of_names() -> None:
    answer = answer_questions(evidence(teams=(team("Desk"), team("Core"))))[0]
    rows = [(number.metric, number.value, number.n) for number in answer.evidence if number.of == "team Core"]
    assert rows == [
        ("closed", 100, 100), ("closed_and_stayed", 0.95, 80), ("hours", 200, 100), ("repeat_hours", 50, 30),
        ("cycles_broken", 1, 1),
    ]  # fmt: skip
    assert [number.of for number in answer.evidence if number.metric == "closed"] == ["team Core", "team Desk"]


def test_a_team_whose_tickets_are_too_recent_has_no_outcome_yet() -> None:
    answer = answer_questions(evidence(teams=(team(ripe=0, stayed=0, repeat_seconds=0, seconds=0),)))[0]
    assert "by outcome, how many stayed closed is not known, 1 problem ended after a fix." in answer.answer
    assert not any(number.metric == "closed_and_stayed" for number in answer.evidence)


def test_what_fixes_return() -> None:
    fixes = (
        fix("jira:1"), fix("jira:2", outcome="did not hold", avoided=0, episodes_after=2),
        fix("jira:3", outcome="too early", avoided=0, put_in=99 * HOUR),
        fix("jira:4", outcome="held", avoided=20 * HOUR),
    )  # fmt: skip
    rate = Metric("change_failure_rate", 0.04, 200, "share", 0.02, 0.08)
    answer = answer_questions(with_metrics(evidence(fixes=fixes), rate))[1]
    assert answer.answer == (
        "Of 4 fixes so far, 2 held, 1 did not, 1 cannot be judged yet. Net of problems that end by themselves, 66.7 % "
        "held. Tickets name 8 of 200 changes as their cause."
    )
    assert (answer.evidence[0].metric, answer.evidence[0].n) == ("fix_hold_rate", 3)
    assert (answer.evidence[0].low, answer.evidence[0].high) == wilson(2, 3)
    assert (answer.evidence[1].metric, answer.evidence[1].n) == ("net_hold", 3)
    assert next(number.of for number in answer.evidence if number.metric == "hours_avoided") == "fix jira:1 of c1: held"


def test_net_hold_stands_beside_the_share_held() -> None:
    control = Control(0.5, 20)
    fixes = [fix(f"jira:{number}", control=control) for number in range(3)]
    fixes.append(fix("jira:4", outcome="did not hold", avoided=0, episodes_after=2, control=control))
    held, net = answer_questions(evidence(fixes=fixes))[1].evidence[:2]
    assert (held.metric, held.value, net.metric, net.value, net.n) == ("fix_hold_rate", 0.75, "net_hold", 0.25, 4)
    without = answer_questions(evidence(fixes=(fix(control=NO_CONTROL),)))[1]
    assert not any(number.metric == "net_hold" for number in without.evidence)


def test_fixes_hold_net_of_problems_that_end_by_themselves() -> None:
    """By hand: of two judged fixes one held, 50 %, and of the problems like theirs 20 % ended without a fix."""
    fixes = (
        fix("jira:1", control=Control(0.2, 50)),
        fix("jira:2", outcome="did not hold", avoided=0, control=Control(0.2, 50)),
    )
    answer = answer_questions(evidence(fixes=fixes))[1].answer
    assert "Net of problems that end by themselves, 30.0 % held." in answer
    useless = tuple(fix(f"jira:{n}", outcome="did not hold", control=Control(0.2, 50)) for n in range(2))
    assert "No more held than problems that end by themselves." in answer_questions(evidence(fixes=useless))[1].answer


def test_without_fixes_and_changes_no_return_is_given() -> None:
    unknown = Metric("change_failure_rate", None, 0, "share", why_not="no change was opened in the period")
    assert answer_questions(with_metrics(evidence(), unknown))[1].answer == (
        "The data do not show this. No resolved fix is linked to anything that came back. How many changes caused "
        "tickets is not known."
    )


def test_it_reacts_or_acts_or_neither_for_certain() -> None:
    shares = [(0.8, 0.7, 0.9), (0.3, 0.2, 0.4), (0.5, 0.4, 0.6), (0.6, 0.5, 0.7)]
    entries = [
        answer_questions(with_metrics(evidence(), share("reactive_share", *first)))[2].answer for first in shares
    ]
    assert [answer.partition(":")[0] for answer in entries] == [
        "It mostly reacts", "It mostly drives", "Neither clearly outweighs the other",
        "Neither clearly outweighs the other",
    ]  # fmt: skip


def test_undecided_tickets_can_leave_it_open() -> None:
    open_ = Metric("reactive_share", 0.8, 500, "share", 0.75, 0.85, undecided_low=0.45, undecided_high=0.88)
    answer = answer_questions(with_metrics(evidence(), open_))[2].answer
    assert answer.startswith(
        "Neither clearly outweighs the other: 80.0 % of the tickets are reactive (45.0 % to 88.0 % with the undecided)."
    )


def test_whether_it_drives_in_words() -> None:
    major = Metric("major_incidents", 1, 80, "tickets", 0.03, 5.6)
    lead = Metric("delivery_lead_time", 240.0, 60, "hours", 192.0, 288.0)
    given = evidence()
    given.trends["reactive_share"] = going("rising", 0.003)  # type: ignore[index]
    answer = answer_questions(with_metrics(given, major, lead))[2]
    assert answer.answer == (
        "It mostly reacts: 80.0 % of the tickets are reactive, and rising. The period had 1 major incident. Work "
        "without a ticket is not counted."
    )
    assert [number.metric for number in answer.evidence] == ["reactive_share", "major_incidents", "delivery_lead_time"]


def test_on_whom_it_depends_in_words() -> None:
    entries = [
        service_fact("Payroll", {"p1": 9, "p2": 3}),
        service_fact("Mail", {"p1": 4, "p2": 4, "p3": 4}),
        service_fact("Fax", {"p1": 9}),
    ]
    services = tuple(row for row in entries if row is not None)
    handoffs = Metric("handoffs", 1.25, 300, "per ticket", 1.1, 1.4)
    given = with_metrics(evidence(services=services, cycles=(cycle(), cycle("c2", teams=("Desk",)))), handoffs)
    answer = answer_questions(given)[3]
    assert answer.answer == (
        "In 1 of 2 services one person resolves at least half of the tickets: Payroll. On average a ticket "
        "changes hands 1.25 times. A recurring problem goes through 1.50 teams on average."
    )
    rows = {(row.metric, row.of): (row.value, row.n) for row in answer.evidence}
    assert rows["teams_per_cycle", "all"] == (1.5, 2)
    assert rows["absence_factor", "service Mail"] == (2, 12)


@pytest.mark.parametrize("words", [1, 4, 30])
def test_no_answer_has_more_than_forty_words_or_five_names(words: int) -> None:
    names = [f"Service {n} {'of many words ' * (words // 4)}".strip() for n in range(9)]
    services = tuple(row for name in names if (row := service_fact(name, {"p1": 12345})) is not None)
    rate = Metric("change_failure_rate", 0.04, 12345, "share", 0.02, 0.08)
    handoffs = Metric("handoffs", 1.25, 300, "per ticket", 1.1, 1.4)
    share_ = Metric("reactive_share", 0.8, 5000, "share", 0.75, 0.85, undecided_low=0.45, undecided_high=0.88)
    major = Metric("major_incidents", 12345, 80, "tickets", 0.03, 5.6)
    given = evidence(
        services=services, cycles=(cycle(),), fixes=(fix(control=Control(0.2, 50)),), money=Money(100, "EUR"),
        teams=tuple(team(name) for name in names),
    )  # fmt: skip
    answers = answer_questions(with_metrics(given, rate, handoffs, share_, major))
    assert [len(answer.answer.split()) <= 40 for answer in answers] == [True] * 4
    assert sum(name in answers[3].answer for name in names) <= 5


def test_no_person_is_named() -> None:
    payroll = service_fact("Payroll", {"p1": 9, "p2": 3})
    assert payroll is not None
    assert "p1" not in repr(answer_questions(evidence(services=(payroll,))))


def test_the_order_of_the_evidence_does_not_matter() -> None:
    given = evidence(
        teams=(team("A"), team("B")), fixes=(fix("jira:1"), fix("jira:2")), cycles=(cycle("c1"), cycle("c2")),
    )  # fmt: skip
    assert answer_questions(shuffled(given, ("teams", "fixes", "cycles"))) == answer_questions(given)


def test_a_teams_numbers_come_from_its_weeks() -> None:
    week = timedelta(weeks=1)
    sums = {
        "resolved": 8, "first": 5, "back": 1, "failure": 6, "failure.s": 40, "delivery.s": 60, "failures.l": 10,
        "proactive.l": 5, "repeat": 2, "repeat.s": 30, "told": 7, "strict": 3,
    }  # fmt: skip
    atoms = [
        PeriodSums(MONDAY, MONDAY + week, sums),
        PeriodSums(MONDAY + week, MONDAY + 2 * week, {"resolved": 1, "first": 1}),
    ]
    numbers = of_weeks("Desk", atoms, MONDAY + week + timedelta(days=30), cycles_broken=2)
    assert numbers == team(
        "Desk", closed=9, ripe=5, stayed=4, seconds=100, logged_seconds=15, failures=6, repeat_tickets=2,
        repeat_seconds=30, cycles_broken=2, with_history=7, pingpong=3,
    )  # fmt: skip


def test_kinds_of_trouble_are_called_problems_nowhere() -> None:
    given = evidence(teams=(team(cycles_broken=0),), cycles=(cycle(),), recognition=seen(label=0.8))
    answers = " ".join(answer.answer for answer in answer_questions(given))
    assert "no kind of trouble ended after a fix. In 13 weeks, 120 failures were of a known kind." in answers
    assert "A recurring kind of trouble goes through 2.00 teams" in answers
    assert "problem" not in answers


def test_one_failure_repeats_one_problem_and_a_rate_next_to_nothing_reads_so() -> None:
    given = with_metrics(evidence(teams=(team(),)), Metric("handoffs", 0.004, 300, "per ticket", 0.0, 0.01))
    given.sums["repeat"] = 1  # type: ignore[index]
    answers = answer_questions(given)
    assert answers[0].answer.endswith("1 failure repeated a known problem.")
    assert answers[3].answer == "Tickets hardly ever change hands."


@pytest.mark.parametrize("known_from", [WINDOW.end, None])
def test_weeks_before_the_data_have_no_answer(known_from: datetime | None) -> None:
    answers = answer_questions(evidence(known_from=known_from, scope="service:VPN", fixes=(fix("held"),)))
    why = "the data begin on 6 April 2026, after this period" if known_from else "no ticket up to then is in the store"
    assert {answer.answer for answer in answers} == {f"{UNKNOWN}: {why}."}


def test_the_field_that_is_missing_is_named_where_resolvers_are_known() -> None:
    resolvers, handoffs = Metric("absence_factor", 3, 400, "people"), Metric("handoffs", 0.5, 400, "ratio", 0.4, 0.6)
    bare = answer_questions(evidence(metrics={"absence_factor": resolvers}))[3].answer
    assert bare == f"{UNKNOWN}: services, handoffs and problems are all unknown."
    answer = answer_questions(evidence(metrics={"absence_factor": resolvers, "handoffs": handoffs}))[3].answer
    assert answer.startswith("Which services rest on one person is unknown: tickets name no service. On average")
