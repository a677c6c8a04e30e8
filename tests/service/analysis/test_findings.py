from datetime import timedelta

from service.analysis.evidence import ScopeEvidence, service_fact
from service.analysis.findings import collect_findings
from service.analysis.metric import Metric
from tests.service.analysis.samples import MONDAY, WINDOW, cycle, evidence, fix, share, shuffled, team


def full() -> ScopeEvidence:
    """Evidence in which one of every kind stands out."""
    metrics = {
        "misfiled_share": share("misfiled_share", 0.3, 0.26, 0.34, 500),
        "pingpong_rate_strict": Metric("pingpong_rate_strict", 0.1, 400, "share", 0.07, 0.13),
    }
    alone = service_fact("Payroll", {"p1": 9, "p2": 3}, ("jira:4",))
    shared = service_fact("Mail", {"p1": 4, "p2": 4, "p3": 4})
    few = service_fact("Fax", {"p1": 9})
    assert alone is not None
    assert shared is not None
    assert few is not None
    failed = fix(
        "jira:71", outcome="did not hold", episodes_after=3, ratio=0.6, low=0.1, high=2.5, ticket_ids=("jira:80",)
    )
    return evidence(
        metrics=metrics,
        misfiled_ids=("jira:1", "jira:2"),
        cycles=(
            cycle(),
            cycle("c2", became_cycle_at=MONDAY - timedelta(days=1)),
            cycle("c3", endless=False),
            cycle("c4", work="request"),
        ),
        fixes=(fix(), failed),
        teams=(
            team("Core", with_history=100, pingpong=30, pingpong_ids=("jira:3",)),
            team("Desk"),
            team("Few", with_history=29, pingpong=29),
        ),
        services=(alone, shared, few),
    )


def test_one_finding_of_each_kind_in_words() -> None:
    assert [finding.sentence for finding in collect_findings(full())] == [
        '"VPN drops" has become an endless cycle: since 5 January 2026 it had 4 flare-ups with 20 tickets, 15 of them '
        "repeats of the period.",
        'Fix jira:71, "Replace the gateway", did not hold: it was resolved on 5 January 2026, and the problem has '
        "come back 3 times since, after 8 times before; it now comes at 0.60 times the rate before the fix (95 % "
        "interval 0.10 to 2.50).",
        "By their text, 30.0 % of 500 tickets (95 % interval 26.0 % to 34.0 %) are not what they are filed as.",
        "Of 100 tickets that team Core resolved, 30 went straight back to where they came from: 30.0 % (95 % interval "
        "21.9 % to 39.6 %), more than in the scope as a whole.",
        "One person resolved 9 of 12 reactive tickets of service Payroll: 75.0 % (95 % interval 46.8 % to 91.1 %).",
    ]


def test_findings_carry_their_numbers_and_tickets() -> None:
    by_key = {finding.kind: finding for finding in collect_findings(full())}
    assert by_key["new_endless_cycle"].ids == ("jira:9", "jira:1")
    assert (by_key["new_endless_cycle"].value, by_key["new_endless_cycle"].unit) == (15, "tickets")
    assert (by_key["fix_did_not_hold"].about, by_key["fix_did_not_hold"].ids) == ("jira:71", ("jira:80",))
    assert (by_key["misfiled"].low, by_key["misfiled"].high, by_key["misfiled"].n) == (0.26, 0.34, 500)
    assert (by_key["pingpong"].about, by_key["pingpong"].value, by_key["pingpong"].ids) == ("Core", 0.3, ("jira:3",))
    assert (by_key["one_person"].about, by_key["one_person"].ids) == ("Payroll", ("jira:4",))


def test_without_metrics_nothing_stands_out() -> None:
    assert collect_findings(evidence(metrics={})) == ()


def test_a_misfiled_share_that_may_be_noise_is_no_finding() -> None:
    noise = {"misfiled_share": share("misfiled_share", 0.08, 0.05, 0.12)}
    assert collect_findings(evidence(metrics=noise)) == ()


def test_a_cycle_is_new_from_the_first_to_the_last_moment_of_the_period() -> None:
    moments = (WINDOW.begin, WINDOW.end - timedelta(seconds=1), WINDOW.end)
    new = [len(collect_findings(evidence(cycles=(cycle(became_cycle_at=at),)))) for at in moments]
    assert new == [1, 1, 0]


def test_the_order_is_fixed() -> None:
    given = full()
    assert collect_findings(shuffled(given, ("cycles", "fixes", "teams", "services"))) == collect_findings(given)


def test_the_latest_fix_comes_first_and_five_are_enough() -> None:
    fixes = tuple(fix(f"jira:{n}", outcome="did not hold", resolved_at=MONDAY + timedelta(days=n)) for n in range(7))
    assert [first.about for first in collect_findings(evidence(fixes=fixes))] == [f"jira:{n}" for n in (6, 5, 4, 3, 2)]
