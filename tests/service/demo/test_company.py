from datetime import UTC, datetime, timedelta

import pytest

from service.demo.company import Company
from service.demo.record import System

NOW = datetime(2026, 4, 1, 8, 30, 15, 123456, tzinfo=UTC)


@pytest.fixture
def small() -> Company:
    company = Company([], NOW, clock=lambda: NOW)
    for _ in range(3):
        company.create("jira")
        company.create("servicenow")
    return company


@pytest.mark.parametrize(("system", "kept"), [("jira", 123000), ("servicenow", 0)])
def test_a_touch_is_a_change_at_the_systems_own_exactness(small: Company, system: System, kept: int) -> None:
    small.clock = lambda: NOW + timedelta(minutes=5)
    record = next(iter(small.records(system).values()))
    before = record.priority
    at = small.touch(system, record.id)
    assert at == record.updated_at == (NOW + timedelta(minutes=5)).replace(microsecond=kept)
    assert (record.changes[-1].old, record.changes[-1].new) == (before, record.priority)
    small.touch(system, record.id)
    assert record.priority == before


def test_a_new_ticket_has_an_id_and_a_key_of_its_own(small: Company) -> None:
    keys = {record.key for record in small.records("servicenow").values()}
    created = small.create("servicenow", "Disk full")
    record = small.records("servicenow")[created]
    assert record.title == "Disk full"
    assert record.key == "INC0010004"
    assert record.key not in keys


def test_a_deleted_ticket_is_gone_from_the_truth_too(small: Company) -> None:
    gone = next(iter(small.records("jira")))
    small.delete("jira", gone)
    assert gone not in small.records("jira")
    assert gone not in small.truth()["tickets"]["jira"]["Task"]
    with pytest.raises(KeyError):
        small.delete("jira", gone)


def test_a_moved_issue_keeps_its_id(small: Company) -> None:
    moved = next(iter(small.records("jira")))
    small.clock = lambda: NOW + timedelta(minutes=5)
    assert small.records("jira")[moved].key == "APP-1"
    assert small.move(moved, "PLT") == "PLT-1"
    assert small.records("jira")[moved].key == "PLT-1"
    assert small.records("jira")[moved].updated_at > NOW
