"""Comparison of reports with the truth: every difference is a miss, and pooling forgets none."""

from typing import Any

import pytest

from benchmarks.finding_quality import FindingQuality, compare_report
from benchmarks.quality import AS_OF, report_on
from service.demo.simulation import simulate

TRUTH: dict[str, Any] = {
    "verdict": {"state": "endless_cycles"},
    "counts": {"jira": {}, "servicenow": {"incident": 9}},
    "standard_requests": {"New laptop": ["l", "m", "n"]},
    "families": [
        {"id": "spooler", "tickets": [{"id": "a"}, {"id": "b"}, {"id": "c"}]},
        {"id": "outage", "tickets": [{"id": "x"}, {"id": "y"}]},
    ],
    "cycles": [
        {
            "family": "spooler",
            "tickets": ["a", "b", "c"],
            "state": "recurring",
            "endless": True,
            "fixes": [{"ticket": "p", "key": "PRB1", "outcome": "did not hold"}],
        }
    ],
}
SPOOLER: dict[str, Any] = {
    "title": "Spooler hangs",
    "ticket_ids": ["c", "b", "a"],
    "state": "recurring",
    "endless": True,
    "fixes": [{"ticket": "PRB1", "outcome": "did not hold"}],
}


def report(*cycles: dict[str, Any], verdict: str = "endless_cycles", tickets: int = 9) -> dict[str, Any]:
    return {
        "verdict": {"state": verdict},
        "cycles": list(cycles),
        "sources": [{"name": "servicenow", "tickets": tickets}],
    }


def test_a_cycle_of_what_a_catalogue_offers_is_no_miss() -> None:
    quality = compare_report(TRUTH, report(SPOOLER, SPOOLER | {"title": "Laptop", "ticket_ids": ["l", "m"]}))
    assert quality.is_met
    assert not compare_report(TRUTH, report(SPOOLER, SPOOLER | {"title": "Laptop", "ticket_ids": ["l", "z"]})).is_met


def test_all_that_is_right_is_right() -> None:
    quality = compare_report(TRUTH, report(SPOOLER))
    assert quality.is_met
    assert {name: str(tally) for name, tally in quality.tallies.items()} == {
        "verdict": "1/1", "state": "1/1", "endless": "1/1", "fix": "1/1", "no cycle": "2/2", "count": "2/2",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("result", "wrong"),
    [
        (report(SPOOLER, verdict="unclear"), ["verdict: verdict: endless_cycles expected, unclear found"]),
        (report(SPOOLER, tickets=8), ["count: servicenow: 9 expected, 8 found"]),
        (report(SPOOLER | {"state": "slowing"}), ["state: spooler: recurring expected, slowing found"]),
        (report(SPOOLER | {"endless": False}), ["endless: spooler: True expected, False found"]),
        (report(SPOOLER | {"fixes": []}), ["fix: spooler PRB1: did not hold expected, None found"]),
        (
            report(SPOOLER, SPOOLER | {"title": "Sign-on", "ticket_ids": ["x", "y"]}),
            [
                "no cycle: outage: False expected, True found",
                "no cycle: cycles of nothing: [] expected, ['Sign-on'] found",
            ],
        ),
    ],
)
def test_a_miss_names_what_was_expected(result: dict[str, Any], wrong: list[str]) -> None:
    quality = compare_report(TRUTH, result)
    assert quality.misses == wrong
    assert not quality.is_met


def test_a_cycle_that_is_not_found_is_wrong_in_everything() -> None:
    quality = compare_report(TRUTH, report(SPOOLER | {"ticket_ids": ["x", "q"]}))
    assert [str(quality.tallies[name]) for name in ("state", "endless", "fix")] == ["0/1", "0/1", "0/1"]


def test_half_a_cycle_costs_score_but_no_answer() -> None:
    quality = compare_report(TRUTH, report(SPOOLER | {"ticket_ids": ["a", "b"]}))
    assert quality.misses == []
    assert quality.score.f1 < 0.95
    assert not quality.is_met


def test_pooling_keeps_the_worst_and_says_where_it_was() -> None:
    pooled = FindingQuality()
    pooled.add(compare_report(TRUTH, report(SPOOLER)), "seed 1")
    pooled.add(compare_report(TRUTH, report(SPOOLER | {"ticket_ids": ["a", "b"]}, verdict="unclear")), "seed 2")
    assert pooled.misses == ["verdict: seed 2, verdict: endless_cycles expected, unclear found"]
    assert str(pooled.tallies["verdict"]) == "1/2"
    assert pooled.worst < pooled.score.f1 < 1


@pytest.mark.parametrize("name", ["outage", "too-young"])
def test_a_small_company_is_analysed_as_is_known_of_it(name: str) -> None:
    company = simulate(1, AS_OF, name)
    assert compare_report(company.truth(), report_on(company)).misses == []
