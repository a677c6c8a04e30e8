"""Random JSON at the mapper of every connector: a ticket or a refusal, and nothing else."""

import logging
import random
from collections.abc import Callable
from typing import Any

import pytest

from connectors.base import Context
from connectors.file.forms import FileForms
from connectors.file.reader import Entry, FileReader
from connectors.file.settings import FileSettings
from connectors.jira.issue import RawIssue
from connectors.jira.site import issues_of
from connectors.model import Refusal, Ticket
from connectors.servicenow.batch import BatchReader, RowBatch
from connectors.servicenow.choices import Choices
from connectors.servicenow.history import HistoryRows
from connectors.servicenow.metrics import FIELDS as METRICS
from connectors.servicenow.rows import clean_row
from connectors.servicenow.settings import ServiceNowSettings
from connectors.servicenow.sla import FIELDS as SLA_FIELDS
from connectors.servicenow.table import TableApi
from connectors.words import Words
from tests.connectors import odd
from tests.connectors.jira import test_odd_issues as jira
from tests.connectors.jira.fake import history, issue, step
from tests.connectors.servicenow import test_odd_rows as servicenow
from tests.connectors.servicenow.fake import audit, incident

QUICK, SLOW = 200, 50_000
Spoil = Callable[[random.Random], Ticket | Refusal]
ATOMS: tuple[Any, ...] = (
    None, "", " ", "\0", "\ud83d", "\u200b1", "9" * 400, "9999-12-31 23:59:59", "0001-01-01T00:00:00.000+1400", "soon",
    "1.0", "1,024", 0, -1, 2**63, 10**30, -0.5, float("nan"), float("inf"), True, [], {}, [None], {"id": []}, [[[]]],
)  # fmt: skip


def value(dice: random.Random, depth: int = 0) -> Any:
    """Return a random value of JSON, nested up to four deep."""
    kind = dice.random()
    if depth > 3 or kind < 0.6:
        return dice.choice(ATOMS)
    if kind < 0.8:
        return [value(dice, depth + 1) for _ in range(dice.randrange(3))]
    return {dice.choice(odd.WORDS): value(dice, depth + 1) for _ in range(dice.randrange(4))}


def spoil(dice: random.Random, whole: Any) -> Any:
    """Return a copy of a value with one to three random parts of it replaced."""
    for _ in range(dice.randrange(1, 4)):
        whole = spoil_part(dice, whole)
    return whole


def spoil_part(dice: random.Random, whole: Any) -> Any:
    if not whole or not isinstance(whole, (dict, list)) or dice.random() < 0.1:
        return value(dice)
    if isinstance(whole, list):
        place = dice.randrange(len(whole))
        return [spoil_part(dice, item) if at == place else item for at, item in enumerate(whole)]
    name = dice.choice(list(whole))
    return {key: spoil_part(dice, item) if key == name else item for key, item in whole.items()}


def jira_mapper() -> Spoil:
    mapper = jira.mapper()
    log = {"id": "1", "started": jira.MAY, "timeSpentSeconds": 60, "author": {"accountId": "a"}}
    linked = {"id": "10002", "key": "OPS-2", "fields": {"issuetype": {"name": "Problem"}}}
    link = {"type": {"name": "Cause", "inward": "is caused by", "outward": "causes"}, "outwardIssue": linked}
    cycle = {
        "startTime": {"epochMillis": 1_700_000_000_000},
        "breachTime": {"epochMillis": 2**63 - 1},
        "breached": False,
    }
    clock = {"id": "1", "name": "SLA", "ongoingCycle": cycle, "completedCycles": [cycle]}
    more: dict[str, Any] = {field: clock for field in jira.OTHERS if field.startswith("customfield")}
    good = issue(
        1, issuelinks=[link], parent=linked, subtasks=[linked], worklog={"total": 1, "worklogs": [log]}, **more
    )
    histories = [history(n, jira.MAY, step(1, 3)) for n in range(2)]

    def mapped(dice: random.Random) -> Ticket | Refusal:
        clean, _ = issues_of({"issues": [spoil(dice, good), issue(2)]}, "/search")
        spoilt = spoil(dice, histories)
        return mapper.map(RawIssue(clean, "history", spoilt if isinstance(spoilt, list) else []))

    return mapped


def servicenow_mapper() -> Spoil:
    options = ServiceNowSettings.model_validate({"url": "https://x.service-now.com", "user": "u", "password": "p"})
    reader = BatchReader(TableApi(None), Choices([], Words()), options, Context("s"))  # type: ignore[arg-type]
    good = incident(1, state="6", resolved_at="2024-05-02 10:00:00", time_worked="60", problem_id="a", active="false")
    changes = [audit(n, 1, "state", str(n), str(n + 1)) for n in range(1, 3)]
    metric = {"sys_id": "1", "id": good["sys_id"], "field": "state", "value": "New", "start": "2024-05-01 10:00:00"}
    clock = dict.fromkeys(SLA_FIELDS.split(","), "2024-05-01 10:00:00")

    def rows(dice: random.Random, whole: list[Any], columns: tuple[str, ...]) -> list[dict[str, str]]:
        spoilt = spoil(dice, whole)
        return servicenow.clean_rows(spoilt if isinstance(spoilt, list) else [], columns)

    def mapped(dice: random.Random) -> Ticket | Refusal:
        row = clean_row(spoil(dice, good))
        uid = row.get("sys_id", "")
        audits = rows(dice, changes, servicenow.AUDIT) if dice.random() < 0.5 else []
        history_rows = HistoryRows({uid: audits}, {uid: rows(dice, [metric], METRICS)})
        batch = RowBatch("incident", [row], history_rows, {uid: rows(dice, [clock], ())})
        return reader._map(row, batch)

    return mapped


def file_mapper() -> Spoil:
    reader = FileReader(FileSettings.model_validate({"path": "x.jsonl", "timezone": "UTC"}), [])
    change = {"at": "2024-03-01T09:00:00Z", "field": "team", "old": "Desk", "new": "Net", "actor": "u"}
    good = {
        "id": "1", "opened_at": "2024-03-01T08:00:00Z", "closed_at": "2024-03-02 08:00", "updated_at": "01.03.2024",
        "labels": ["a"], "hours": "1,5", "reopen_count": "1.0", "title": "Mail", "kind": "incident", "status": "Closed",
        "assignee": "u1", "priority": "P1", "links": [{"relation": "related", "target": "2"}], "transitions": [change],
    }  # fmt: skip
    reader._mapper.begin(FileForms(lambda: iter([good]), []))

    def mapped(dice: random.Random) -> Ticket | Refusal:
        fields = spoil(dice, good)
        entry = Entry("x.jsonl:1", fields if isinstance(fields, dict) else {}, 1)
        return reader._mapped(entry, reader._mapper.ticket)

    return mapped


@pytest.mark.parametrize("number", [QUICK, pytest.param(SLOW, marks=pytest.mark.slow)])
@pytest.mark.parametrize("make", [jira_mapper, servicenow_mapper, file_mapper])
def test_random_json_makes_a_ticket_or_a_plain_refusal(
    make: Callable[[], Spoil], number: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    mapped, dice, tickets = make(), random.Random(12), 0
    for _ in range(number):
        result = mapped(dice)
        if isinstance(result, Refusal):
            odd.assert_plain(result)
        tickets += isinstance(result, Ticket)
    assert caplog.records == [], "the boundary caught what no reader expected"
    assert number // 10 < tickets < number, "both outcomes are tried"
