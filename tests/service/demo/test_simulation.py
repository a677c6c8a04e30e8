import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import orjson
import pytest

from service.demo.company import Company
from service.demo.jira.issue import histories, issue
from service.demo.organisation import PEOPLE
from service.demo.record import SimulatedTicket
from service.demo.servicenow.tables import TABLES_BY_NAME
from service.demo.simulation import simulate
from tests.service.demo.conftest import AS_OF, SPAN

DAY = timedelta(days=1)


def everything(company: Company) -> bytes:
    """Return everything that both systems can show."""
    issues = [(issue(record, ["*all"]), histories(record)) for record in company.records("jira").values()]
    rows = {
        name: [[read(row) for read in table.columns.values()] for row in table.rows(company, None)]
        for name, table in TABLES_BY_NAME.items()
    }
    return orjson.dumps([issues, rows, company.truth()])


def records(company: Company) -> list[SimulatedTicket]:
    return [*company.records("jira").values(), *company.records("servicenow").values()]


@pytest.fixture(scope="module")
def families(company: Company) -> dict[str, dict[str, Any]]:
    return {family["id"]: family for family in company.truth()["families"]}


def episodes(company: Company, family: dict[str, Any]) -> list[list[SimulatedTicket]]:
    """Return the tickets of a family by episode, by the ids of the truth."""
    tickets = company.records(family["system"])
    numbers = range(1, len(family["episodes"]) + 1)
    return [[tickets[t["id"]] for t in family["tickets"] if t["episode"] == number] for number in numbers]


@pytest.mark.slow
def test_same_seed_and_end_give_the_same_bytes(company: Company) -> None:
    assert everything(company) == everything(simulate(seed=7, as_of=AS_OF))


def test_another_seed_gives_another_company() -> None:
    first, second = (simulate(seed, AS_OF, "endless") for seed in (7, 8))
    assert [record.title for record in records(first)] != [record.title for record in records(second)]


def test_ends_at_the_present_hour_by_default() -> None:
    before = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    assert simulate(scenario="too-few").as_of - before in (timedelta(0), timedelta(hours=1))


def test_has_the_promised_size(company: Company) -> None:
    counts = company.truth()["counts"]
    assert 5700 < sum(counts["servicenow"].values()) < 6300
    assert 1900 < sum(counts["jira"].values()) < 2100
    assert set(counts["servicenow"]) == {"incident", "sc_req_item", "problem", "change_request"}
    assert set(counts["jira"]) == {"Bug", "Task", "Story", "Improvement"}


def test_nothing_happens_before_the_start_or_after_the_end(company: Company) -> None:
    for record in records(company):
        instants = [record.opened_at, *(change.at for change in record.changes), *(work.at for work in record.work)]
        assert min(instants) >= AS_OF - SPAN
        assert max(instants) <= AS_OF
        assert record.updated_at == max([record.opened_at, *(change.at for change in record.changes)])


def test_histories_are_unbroken(company: Company) -> None:
    for record in records(company):
        assert [change.at for change in record.changes] == sorted(change.at for change in record.changes)
        for field in ("status", "team", "assignee", "priority"):
            values = [(change.old, change.new) for change in record.changes if change.field == field]
            assert all(before[1] == after[0] for before, after in pairwise(values))
            assert not values or values[-1][1] == getattr(record, field)


def test_work_follows_the_week(company: Company) -> None:
    opened = [record.opened_at for record in records(company)]
    weekdays = Counter(at.weekday() for at in opened)
    assert max(weekdays[5], weekdays[6]) < min(weekdays[day] for day in range(5)) / 5
    assert sum(8 <= at.hour < 18 for at in opened) > 0.85 * len(opened)
    assert 0 < sum(at.hour < 6 for at in opened) < 0.1 * len(opened)


def test_people_are_codes(company: Company) -> None:
    codes = set(PEOPLE)
    for record in records(company):
        people = {record.requester, record.assignee, *(change.actor for change in record.changes)} - {""}
        assert people <= codes
    assert all(re.fullmatch(r"p-\d{4}", code) for code in codes)


def test_truth_is_json_and_counts_itself(company: Company) -> None:
    truth = company.truth()
    assert json.loads(json.dumps(truth)) == truth
    for system, kinds in truth["tickets"].items():
        assert {kind: len(ids) for kind, ids in kinds.items()} == truth["counts"][system]
        ids = [record_id for item in kinds.values() for record_id in item]
        assert sorted(ids) == sorted(company.records(system))
        assert sorted(i for item in truth["work_classes"][system].values() for i in item) == sorted(ids)


def test_there_are_families_of_each_state(families: dict[str, dict[str, Any]]) -> None:
    states = Counter(family["state"] for family in families.values())
    assert states == {"endless": 6, "broken": 1, "not held": 1, "outage": 1, "seasonal": 1}


def test_episodes_hang_together_and_lie_apart(company: Company, families: dict[str, dict[str, Any]]) -> None:
    for family in (family for family in families.values() if family["state"] != "seasonal"):
        ended = None
        for tickets in episodes(company, family):
            assert ended is None or tickets[0].opened_at - ended > DAY, family["id"]
            ended = tickets[0].opened_at
            for ticket in tickets:
                assert ticket.opened_at - ended <= DAY, family["id"]
                ended = max(ended, ticket.resolved_at or AS_OF)


def test_endless_families_return_every_few_weeks_to_the_end(
    company: Company, families: dict[str, dict[str, Any]]
) -> None:
    for family in (family for family in families.values() if family["state"] == "endless"):
        begins = [tickets[0].opened_at for tickets in episodes(company, family)]
        gaps = [after - before for before, after in pairwise(begins)]
        assert len(begins) > 15, family["id"]
        assert 6 * DAY < min(gaps) < max(gaps) < 40 * DAY, family["id"]
        assert AS_OF - begins[-1] < 35 * DAY, family["id"]
        assert len({ticket["id"] for ticket in family["tickets"]}) == len(family["tickets"])


def test_families_speak_in_many_wordings(company: Company, families: dict[str, dict[str, Any]]) -> None:
    for family in families.values():
        tickets = [ticket for episode in episodes(company, family) for ticket in episode]
        assert len({ticket.title for ticket in tickets}) > 0.2 * len(tickets), family["id"]


def test_the_broken_family_is_silent_behind_its_fix(company: Company, families: dict[str, dict[str, Any]]) -> None:
    family = families["intranet-search-timeouts"]
    fixed_at = datetime.fromisoformat(family["fixes"][0]["change_resolved_at"])
    begins = [tickets[0].opened_at for tickets in episodes(company, family)]
    assert len(begins) > 12
    assert begins[-1] < fixed_at < AS_OF - 150 * DAY


def test_the_fix_that_did_not_hold_changes_nothing(company: Company, families: dict[str, dict[str, Any]]) -> None:
    family = families["crm-connection-pool"]
    fixed_at = datetime.fromisoformat(family["fixes"][0]["change_resolved_at"])
    begins = [tickets[0].opened_at for tickets in episodes(company, family)]
    assert min(sum(at < fixed_at for at in begins), sum(at > fixed_at for at in begins)) > 10


def test_fixes_are_linked_to_their_families(company: Company, families: dict[str, dict[str, Any]]) -> None:
    tickets = company.records("servicenow")
    for family in families.values():
        for fix in family["fixes"]:
            problem, change = tickets[fix["problem"]], tickets[fix["change"]]
            assert problem.linked("change") is change
            linked = [each for each in family["tickets"] if tickets[each["id"]].linked("problem") is problem]
            assert len(linked) >= 3, family["id"]


def test_the_outage_is_one_day_of_150_tickets(company: Company, families: dict[str, dict[str, Any]]) -> None:
    tickets = episodes(company, families["sign-on-outage"])[0]
    assert len(families["sign-on-outage"]["episodes"]) == 1
    assert len(tickets) == 150
    assert {ticket.opened_at.date() for ticket in tickets} == {tickets[0].opened_at.date()}
    assert all((ticket.resolved_at or AS_OF) - tickets[0].opened_at < DAY for ticket in tickets)


def test_the_season_is_the_end_of_the_month(company: Company, families: dict[str, dict[str, Any]]) -> None:
    months = episodes(company, families["month-end-requests"])
    assert 17 <= len(months) <= 19
    assert all((tickets[0].opened_at + 4 * DAY).month != tickets[0].opened_at.month for tickets in months)


def test_loops_are_neither_rare_nor_usual(company: Company) -> None:
    truth = company.truth()
    for loop in ("reopened", "pingpong_strict", "stalled"):
        for system in ("jira", "servicenow"):
            share = len(truth[loop][system]) / len(company.records(system))
            assert 0.01 < share < 0.1, (loop, system)


def test_some_work_is_logged(company: Company) -> None:
    for records_of_system in (company.records("jira"), company.records("servicenow")):
        done = [record for record in records_of_system.values() if record.resolved_at]
        assert 0.5 < sum(record.seconds > 0 for record in done) / len(done) < 0.8


def test_one_off_incidents_differ(company: Company) -> None:
    planted = {ticket["id"] for family in company.truth()["families"] for ticket in family["tickets"]}
    planted |= set(company.truth()["duplicates"]["servicenow"])
    titles = Counter(
        record.title for record in company.records("servicenow").values()
        if record.kind == "incident" and record.id not in planted and record.work_class == "failure"
    )  # fmt: skip
    assert len(titles) > 1500
    assert titles.most_common(1)[0][1] == 1
