from datetime import timedelta

from service.analysis.evidence import Money, ScopeEvidence, service_fact
from service.analysis.evidence import team_fact as of_weeks
from service.analysis.interval import wilson
from service.analysis.metric import Metric, PeriodSums
from service.analysis.questions import QUESTIONS, answer_questions
from tests.service.analysis.samples import HOUR, MONDAY, cycle, evidence, fix, share, shuffled, team


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
        "A measure of volume would reward 200 closed tickets and 400 h of work (50.0 % logged, the rest estimated) of "
        "2 teams in the 13 weeks from 5 January 2026 to 5 April 2026. A measure of outcome would reward 152 "
        "tickets that stayed closed for 30 days (95.0 % of the 160 old enough to tell, 95 % interval 90.4 % to 97.4 %) "
        "and 2 broken cycles. 110 h went into problems that had been there before, 60 h of them in team Core. Across "
        "the scope that cost an estimated EUR 30,000 at EUR 100.00 an hour (95 % interval EUR 25,000 to 35,000), paid "
        "again for the same problems."
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
    assert "no known hours of work" in answer.answer
    assert "whether tickets stayed closed is not known yet" in answer.answer
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
        "Of 4 fixes so far: 2 held, 1 did not hold, 1 too early and 0 unclear. 30 h went into those that can be "
        "judged; the ones that held have avoided an estimated 50 h of repeat work so far, 1.7 h for each hour put "
        "in. 4.0 % (95 % interval 2.0 % to 8.0 %, n = 200 changes) of the changes of the period are named as the "
        "cause of a ticket."
    )
    assert (answer.evidence[0].metric, answer.evidence[0].n) == ("fix_hold_rate", 3)
    assert (answer.evidence[0].low, answer.evidence[0].high) == wilson(2, 3)
    assert next(number.of for number in answer.evidence if number.metric == "hours_avoided") == "fix jira:1 of c1: held"


def test_without_fixes_and_changes_no_return_is_given() -> None:
    unknown = Metric("change_failure_rate", None, 0, "share", why_not="no change was opened in the period")
    assert answer_questions(with_metrics(evidence(), unknown))[1].answer == (
        "The data do not show this. No fix is linked to a problem that came back. The share of failed changes is not "
        "known: no change was opened in the period."
    )


def test_early_fixes_have_no_return_yet() -> None:
    answer = answer_questions(evidence(fixes=(fix(outcome="too early", avoided=0),)))[1]
    assert answer.answer.endswith("The hours of the fixes that can be judged are not known, so no return can be given.")


def test_it_reacts_or_acts_or_neither_for_certain() -> None:
    shares = [(0.8, 0.7, 0.9), (0.3, 0.2, 0.4), (0.5, 0.4, 0.6), (0.6, 0.5, 0.7)]
    entries = [
        answer_questions(with_metrics(evidence(), share("reactive_hours_share", *first)))[2].answer for first in shares
    ]
    assert [answer.partition(":")[0] for answer in entries] == [
        "It mostly reacts", "It mostly drives", "Neither clearly outweighs the other",
        "Neither clearly outweighs the other",
    ]  # fmt: skip


def test_whether_it_drives_in_words() -> None:
    major = Metric("major_incidents", 1, 80, "tickets", 0.03, 5.6)
    lead = Metric("delivery_lead_time", 240.0, 60, "hours", 192.0, 288.0)
    answer = answer_questions(with_metrics(evidence(), major, lead))[2]
    assert answer.answer == (
        "It mostly reacts: 80.0 % (95 % interval 75.0 % to 85.0 %, n = 500 tickets) of the hours in tickets are "
        "reactive, and over the last 26 weeks that share is flat (0.00 points a week, 95 % interval -0.10 to +0.10, "
        "p = 0.600, 26 weeks). 1 major incident in 80 failures of known priority. Half of the proactive tickets "
        "resolved took 10 days or less (95 % interval 8.0 days to 12 days, n = 60). Work without a ticket does not "
        "show here."
    )
    assert [number.metric for number in answer.evidence] == [
        "reactive_hours_share",
        "major_incidents",
        "delivery_lead_time",
    ]


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
        "In 1 of 2 services with 10 or more reactive tickets resolved, one person resolves at least half of them: "
        "Payroll. A resolved ticket changes hands 1.25 times on average (n = 300). 1 of 2 cycles go through more "
        "than one team. Tickets do not show what complexity is worth to the business, only how much depends on few "
        "people."
    )
    rows = {(row.metric, row.of): (row.value, row.n) for row in answer.evidence}
    assert rows["teams_per_cycle", "all"] == (1.5, 2)
    assert rows["absence_factor", "service Mail"] == (2, 12)


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
