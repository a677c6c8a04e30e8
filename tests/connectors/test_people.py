"""Accounts that are no persons, in whatever language they are named."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.jira.values import People
from connectors.people import is_person, person_or_none
from connectors.servicenow.references import References
from connectors.servicenow.table import TableApi
from tests.connectors.file.harness import ticket
from tests.connectors.file.test_mapping import read


@pytest.mark.parametrize(
    "name",
    [
        "unknown", "Unassigned", "deleted user", "Deleted User 4711", "Former user", "guest", "system", "ghost",
        "Automation for Jira", "automation", "build-bot", "Slack Bot", "svc_backup", "noreply@example.com",
        "Datadog Integration", "Integration User", "Jira Service Management", "Webhook", "Service Account",
        "Unbekannt", "Nicht zugewiesen", "Gelöschter Benutzer", "Gast", "Inconnu", "Utilisateur supprimé", "Système",
        "Desconocido", "Usuario eliminado", "Sin asignar", "Sconosciuto", "Non assegnato", "Desconhecido", "Convidado",
        "Onbekend", "Verwijderde gebruiker", "Okänd", "Ukjent", "Slettet bruger", "Nieznany", "不明", "ゲスト",
    ],
)  # fmt: skip
def test_programs_and_placeholders_are_no_persons(name: str) -> None:
    assert not is_person(name)


@pytest.mark.parametrize(
    "name",
    [
        "Ada Lovelace", "Peter Guest", "Christopher Guest", "a1", "5b10ac8d82e05b22cc7d4ef5", "Abbott",
        "Roberta Systema", "admin", "Integra Smith", "Grace Unknown-Hopper", "svenja", "山田太郎",
        "guest.peter@example.com", "Nobody Jr", "account-17",
    ],
)  # fmt: skip
def test_persons_are(name: str) -> None:
    assert person_or_none(name) == name


def test_no_name_is_no_person() -> None:
    assert (person_or_none(None), person_or_none("")) == (None, None)


@pytest.mark.parametrize(
    "account",
    [
        {"accountId": "1", "accountType": "app", "displayName": "Deploys"},
        {"accountId": "1", "accountType": "atlassian", "displayName": "Former user"},
        {"key": "JIRAUSER1", "name": "automation", "displayName": "A. Rule"},
    ],
)
def test_accounts_of_jira_that_are_no_persons(account: dict[str, str]) -> None:
    people = People(named=False)
    assert people.person(account) is None


def test_a_program_that_was_seen_is_known_where_a_history_gives_its_id_alone() -> None:
    people = People(named=False)
    change = {"from": "agent", "fromString": "Ada", "to": "557058:x", "toString": "Deploys"}
    assert people.changed_person(change, "to") == "557058:x"
    people.person({"accountId": "557058:x", "accountType": "app", "displayName": "Deploys"})
    assert (people.changed_person(change, "from"), people.changed_person(change, "to")) == ("agent", None)
    assert people.changed_person(change | {"to": "9", "toString": "Automation for Jira"}, "to") is None


def test_people_of_files_that_are_no_persons(tmp_path: Path) -> None:
    change = {"at": "2024-03-02T08:00:00Z", "field": "assignee", "old": "Unassigned", "new": "Ada", "actor": "System"}
    line = ticket("T", requester="Unknown", assignee="Unassigned", resolver="Automation", transitions=[change])
    mapped = read(tmp_path, line)
    assert (mapped.requester, mapped.assignee, mapped.resolver) == (None, None, None)
    [step] = mapped.transitions
    assert (step.at, step.old, step.new, step.actor) == (datetime(2024, 3, 2, 8, tzinfo=UTC), None, "Ada", None)


def test_accounts_of_servicenow_that_are_no_persons() -> None:
    references = References(TableApi(None))  # type: ignore[arg-type]
    assert [references.person(value) for value in ("system", "guest", "", None, "a" * 32)] == [None] * 4 + ["a" * 32]
