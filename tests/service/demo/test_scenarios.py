"""The truth of each scenario follows from its tickets by the definitions, worked out apart from the product."""

import re
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest

from service.demo.company import Company
from service.demo.organisation import NEW_NAMES
from service.demo.record import SimulatedTicket, System
from service.demo.simulation import scenarios, simulate
from service.demo.story.scenario import scenario
from tests.marks import each_slow
from tests.service.demo import arithmetic
from tests.service.demo.arithmetic import Cycle
from tests.service.demo.conftest import AS_OF
from tests.service.demo.test_simulation import everything

SMALL = scenarios()[1:]
REPEATED = ("endless", "requests", "two-languages", "without-history")
"""Scenarios that differ most in what they draw."""
FALLS, DOUBTFUL = -1.96, -1.0
DECIDED = ("endless_cycles", "breaking_out", "recurring", "under_control")
small = pytest.mark.parametrize("name", SMALL)
every_seed = pytest.mark.parametrize("seed", [1, *each_slow(2)])


@cache
def company(name: str, seed: int) -> Company:
    return simulate(seed, AS_OF, name)


@cache
def truth(name: str, seed: int) -> dict[str, Any]:
    return company(name, seed).truth()


def records(name: str, seed: int) -> list[SimulatedTicket]:
    systems: tuple[System, ...] = ("jira", "servicenow")
    return [record for system in systems for record in company(name, seed).records(system).values()]


def tickets(name: str, seed: int, cycle_truth: dict[str, Any]) -> list[SimulatedTicket]:
    result = company(name, seed).records(cycle_truth["system"])
    return [result[first["id"] if isinstance(first, dict) else first] for first in cycle_truth["tickets"]]


def named(verdict: str) -> list[str]:
    return [name for name in SMALL if scenario(name).verdict == verdict]


def last_weeks(name: str, seed: int, count: int) -> list[arithmetic.Week]:
    families = [tickets(name, seed, family) for family in truth(name, seed)["families"]]
    return arithmetic.weeks(records(name, seed), families, AS_OF, count)


def test_there_is_a_scenario_for_each_promise() -> None:
    assert scenarios() == (
        "company", "chronic", "endless", "fix-did-not-hold", "fix-held", "improving", "mistyped", "month-end", "outage",
        "reorganised", "requests", "self-ending", "steady-104", "steady-13", "steady-26", "steady-52", "too-few",
        "too-young", "two-languages", "without-history",
    )  # fmt: skip
    with pytest.raises(ValueError, match=r"no scenario 'endles'.*endless"):
        simulate(1, AS_OF, "endles")


@pytest.mark.parametrize("name", REPEATED)
def test_the_same_seed_and_end_give_the_same_bytes(name: str) -> None:
    assert everything(company(name, 1)) == everything(simulate(1, AS_OF, name))
    assert [record.title for record in records(name, 1)] != [record.title for record in records(name, 2)]


@small
@every_seed
def test_episodes_are_as_they_were_planted(name: str, seed: int) -> None:
    for family in (family for family in truth(name, seed)["families"] if family["state"] != "chronic"):
        planted = [ticket["episode"] for ticket in family["tickets"]]
        numbers = {ticket["id"]: ticket["episode"] for ticket in family["tickets"]}
        result = arithmetic.episodes(tickets(name, seed, family))
        assert len(result) == len(set(planted)), family["id"]
        assert all(len({numbers[ticket.id] for ticket in episode}) == 1 for episode in result), family["id"]


@small
@every_seed
def test_cycles_are_in_the_state_that_is_told(name: str, seed: int) -> None:
    for cycle_truth in truth(name, seed)["cycles"]:
        cycle = Cycle.of(tickets(name, seed, cycle_truth), AS_OF)
        assert cycle.is_one, cycle_truth["family"]
        assert cycle.state(latest_fix(name, seed, cycle_truth)) == cycle_truth["state"], cycle_truth["family"]
        assert cycle.is_endless() == cycle_truth["endless"], cycle_truth["family"]


def latest_fix(name: str, seed: int, cycle_truth: dict[str, Any]) -> datetime | None:
    result = company(name, seed).records("servicenow")
    resolved = [result[fix["ticket"]].resolved_at for fix in cycle_truth["fixes"]]
    return max((at for at in resolved if at), default=None)


@small
@every_seed
def test_states_do_not_hang_by_a_thread(name: str, seed: int) -> None:
    """An expected silence or trend is clear of its limit, and so is one that must not be there."""
    for cycle_truth in truth(name, seed)["cycles"]:
        cycle = Cycle.of(tickets(name, seed, cycle_truth), AS_OF)
        if cycle_truth["state"] in ("broken", "quiet"):
            assert cycle.silence > 3.2
            continue
        assert cycle.silence < 2.9
        assert cycle.busy_weeks == 13 if cycle_truth["state"] == "chronic" else cycle.busy_weeks < 10
        if cycle_truth["state"] in ("accelerating", "slowing"):
            assert abs(cycle.laplace) > 1.7
        elif cycle_truth["state"] == "recurring":
            assert abs(cycle.laplace) < 1.3


@small
@every_seed
def test_fixes_come_out_as_is_told(name: str, seed: int) -> None:
    """Only the outcome of few episodes depends on whether the first one counts or opens the window."""
    servicenow = company(name, seed).records("servicenow")
    for cycle_truth in truth(name, seed)["cycles"]:
        cycle = Cycle.of(tickets(name, seed, cycle_truth), AS_OF)
        for fix in cycle_truth["fixes"]:
            fixed_at = servicenow[fix["ticket"]].resolved_at
            assert fixed_at is not None
            assert cycle.outcome(fixed_at) == fix["outcome"]
            assert fix["outcome"] == "unclear" or cycle.outcome(fixed_at, with_first=True) == fix["outcome"]


def test_every_state_and_outcome_is_told_somewhere() -> None:
    cycles = [cycle_truth for name in SMALL for cycle_truth in truth(name, 1)["cycles"]]
    states = {"chronic", "accelerating", "slowing", "recurring", "quiet", "broken"}
    assert {cycle_truth["state"] for cycle_truth in cycles} == states
    outcomes = {fix["outcome"] for cycle_truth in cycles for fix in cycle_truth["fixes"]}
    assert outcomes == {"held", "did not hold", "too early", "unclear"}
    assert {truth(name, 1)["verdict"]["state"] for name in SMALL} == {*DECIDED, "inconclusive"}


@pytest.mark.parametrize("name", [name for verdict in DECIDED for name in named(verdict)])
@every_seed
def test_what_is_decided_has_enough_tickets(name: str, seed: int) -> None:
    assert sum(week.failures for week in last_weeks(name, seed, 13)) > 120


@pytest.mark.parametrize("name", named("endless_cycles"))
@every_seed
def test_endless_cycles_take_far_more_than_a_tenth_and_do_not_fall(name: str, seed: int) -> None:
    weeks = last_weeks(name, seed, 26)
    assert arithmetic.interval(weeks[-13:])[0] > 0.15
    assert arithmetic.kendall([week.repeat_share for week in weeks]) > DOUBTFUL


@pytest.mark.parametrize("name", named("breaking_out"))
@every_seed
def test_breaking_out_takes_more_than_a_tenth_and_falls(name: str, seed: int) -> None:
    weeks = last_weeks(name, seed, 26)
    assert arithmetic.interval(weeks[-13:])[0] > 0.14
    assert arithmetic.kendall([week.repeat_share for week in weeks]) < FALLS - 0.5


@pytest.mark.parametrize("name", named("recurring"))
@every_seed
def test_recurring_takes_more_than_a_tenth(name: str, seed: int) -> None:
    assert arithmetic.interval(last_weeks(name, seed, 13))[0] > 0.12


@pytest.mark.parametrize("name", [name for verdict in DECIDED for name in named(verdict)])
@every_seed
def test_people_mark_enough_duplicates_to_tell_how_many_are_recognised(name: str, seed: int) -> None:
    marked = [record for record in records(name, seed) if record.linked("duplicate") or record.linked("parent")]
    assert sum(record.opened_at > AS_OF - 52 * arithmetic.WEEK for record in marked) >= 20


def test_duplicates_name_an_earlier_ticket_of_the_same_day() -> None:
    for name in SMALL:
        for record in records(name, 1):
            if record.id in {id_ for ids in truth(name, 1)["duplicates"].values() for id_ in ids}:
                [link] = record.links
                assert timedelta(0) < record.opened_at - link.target.opened_at < timedelta(hours=6)


@pytest.mark.parametrize("name", named("under_control"))
@every_seed
def test_under_control_takes_far_less_than_a_tenth(name: str, seed: int) -> None:
    assert arithmetic.interval(last_weeks(name, seed, 13))[1] < 0.05


@every_seed
def test_the_inconclusive_lack_one_thing_each(seed: int) -> None:
    assert named("inconclusive") == ["too-few", "too-young"]
    assert sum(week.failures for week in last_weeks("too-few", seed, 26)) < 90
    assert sum(week.failures for week in last_weeks("too-young", seed, 8)) > 120
    assert scenario("too-few").days > 26 * 7
    assert scenario("too-young").days < 12 * 7


@every_seed
def test_the_outage_is_no_cycle_although_it_is_large(seed: int) -> None:
    assert truth("outage", seed)["cycles"] == []
    for outage, size, days in zip(truth("outage", seed)["families"], (150, 120), (1, 7), strict=True):
        assert (len(outage["tickets"]), len(outage["episodes"])) == (size, 1)
        opened = sorted(ticket.opened_at for ticket in tickets("outage", seed, outage))
        assert (AS_OF - opened[0]).days < 12 * 7
        assert timedelta(days=days) >= opened[-1] - opened[0] > timedelta(days=days - 1)


def test_a_reorganisation_renames_all_teams_at_once() -> None:
    old, new = set(NEW_NAMES), set(NEW_NAMES.values())
    at = AS_OF - (1 - (scenario("reorganised").reorganised_after or 0)) * (AS_OF - earliest("reorganised"))
    for record in records("reorganised", 1):
        held = {record.team, *(change.old for change in record.changes if change.field == "team")}
        assert not held & (new if record.opened_at < at - 2 * arithmetic.DAY else set())
        assert not held & (old if record.opened_at > at + 2 * arithmetic.DAY else set())
    for cycle_truth in truth("reorganised", 1)["cycles"]:
        teams = {record.team for record in tickets("reorganised", 1, cycle_truth)}
        assert teams & old
        assert teams & new


def earliest(name: str) -> datetime:
    return min(record.opened_at for record in records(name, 1))


def test_two_languages_share_a_problem_by_links_alone() -> None:
    vpn = next(
        cycle_truth
        for cycle_truth in truth("two-languages", 1)["cycles"]
        if cycle_truth["family"] == "vpn-gateway-drops"
    )
    members = tickets("two-languages", 1, vpn)
    german = {record.id for record in members if re.search("bricht|verliert|fliegt|antwortet", record.title)}
    assert 0.3 < len(german) / len(members) < 0.7
    links = [(record.id, link.target.id) for record in members for link in record.links if link.relation == "parent"]
    assert sum((first in german) != (second in german) for first, second in links) >= 5
    assert all(record.links == [] or record.linked("parent") in members for record in members)


def test_without_history_there_is_nothing_to_read_but_counters() -> None:
    assert not company("without-history", 1).keeps_history
    assert not company("without-history", 1).records("jira")
