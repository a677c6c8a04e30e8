import pytest

from service.analysis.drivers import rank_drivers
from service.analysis.evidence import LoopFact
from tests.service.analysis.samples import HOUR, cycle, evidence, team


def test_the_greatest_come_first_by_kind_with_ids_and_shares() -> None:
    given = evidence(
        cycles=(
            cycle("c2", window_tickets=12), cycle("c1"), cycle("c0", window_tickets=0, window_seconds=0),
            cycle("request", window_tickets=99, work="request"),
        ),
        teams=(team("Desk"), team("Core", repeat_tickets=60), team("Idle", repeat_seconds=0, repeat_tickets=0)),
        loops=(
            LoopFact("pingpong", 4, 100, 9 * HOUR, ("jira:5",)),
            LoopFact("stalled", 0, 100, 0),
            LoopFact("reopened", 1, 100, 12 * HOUR),
        ),
    )  # fmt: skip
    ranked = rank_drivers(given)
    assert [(driver.kind, driver.id) for driver in ranked] == [
        ("cycle", "c1"), ("cycle", "c2"), ("team", "Core"), ("team", "Desk"),
        ("loop", "reopened"), ("loop", "pingpong"),
    ]  # fmt: skip
    assert [driver.share for driver in ranked[:4]] == [pytest.approx(part) for part in (0.125, 0.1, 0.5, 0.25)]
    assert (ranked[0].hours, ranked[0].tickets, ranked[0].ticket_ids) == (90, 15, ("jira:9",))
    assert (ranked[5].share, ranked[5].ticket_ids) == (None, ("jira:5",))


def test_their_sentences() -> None:
    given = evidence(cycles=(cycle(),), teams=(team(),), loops=(LoopFact("pingpong", 4, 1000, 9 * HOUR),))
    assert [driver.text for driver in rank_drivers(given)] == [
        '"VPN drops" (c1): 15 repeats (12.5 % of all), 4 flare-ups so far, keeps coming, endless.',
        "Team Desk: 30 repeats (25.0 % of all), of 90 failures in all.",
        "4 tickets of 1,000 resolved with a history (0.4 %, 95 % interval 0.2 % to 1.0 %) went straight back to where "
        "they came from; they took 9.0 h of work in all.",
    ]


@pytest.mark.parametrize(
    ("seconds", "unknown", "work"),
    [
        (9 * HOUR, 3, "at least 9.0 h of work in all; hours of 3 of 4 tickets are unknown."),
        (0, 4, "unknown hours of work."),
    ],
)
def test_hours_of_a_loop_say_of_how_many_tickets_they_are_unknown(seconds: int, unknown: int, work: str) -> None:
    [driver] = rank_drivers(evidence(loops=(LoopFact("reopened", 4, 1000, seconds, (), unknown),)))
    assert driver.text.endswith(f"; they took {work}")


def test_without_repeats_no_share_is_given() -> None:
    ranked = rank_drivers(evidence(sums={}, cycles=(cycle(),)))
    assert ranked[0].share is None
    assert ranked[0].text.startswith('"VPN drops" (c1): 15 repeats, 4 flare-ups')


def test_five_problems_and_three_teams_at_most_ties_by_id() -> None:
    given = evidence(
        cycles=tuple(cycle(f"c{n}") for n in (7, 3, 5, 1, 6, 2)), teams=tuple(team(name) for name in "DCBA")
    )
    assert [driver.id for driver in rank_drivers(given)] == ["c1", "c2", "c3", "c5", "c6", "A", "B", "C"]
