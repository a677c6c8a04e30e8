"""Words for nothing in the place of a team, a person or a priority."""

from pathlib import Path
from typing import Any

import pytest

from connectors.drafts import Draft, make_transition
from connectors.people import is_person
from connectors.placeholders import is_placeholder, label_or_none
from tests.connectors.file.harness import OPENED, pull, ticket, write
from tests.connectors.file.test_mapping import read
from tests.factory import START
from tests.factory import ticket as factory_ticket

NOTHING = [
    "No Group", "no group", "No Agent", "Not Assigned", "NotAssigned", "Not assigned", "Unassigned", "UNASSIGNED",
    "None", "N/A", "n.a.", "#N/A", "(none)", "-- None --", "--None--", "-", "--", "–", "…", "?", "", "Not set",
    "No priority",
    "Keine Gruppe", "Nicht zugewiesen", "Ohne Team", "Keine Priorität", "Keine Prioritaet", "Nicht angegeben",
    "Non assigné", "Non attribuée", "Aucun groupe", "Sans équipe", "Non défini", "Sin asignar", "Sin grupo",
    "No asignada", "Ninguno", "Non assegnato", "Nessun gruppo", "Nessuna priorità",
    "Não atribuído", "Nenhum", "Sem equipe",
    "Niet toegewezen", "Geen groep", "Ej tilldelad", "Ingen grupp", "Ikke tildelt", "Ingen gruppe", "Ikke angivet",
    "Nieprzypisane", "Brak", "Nie określono", "未割り当て", "なし", "未設定",
]  # fmt: skip
LABELS = [
    "Group", "No Code Team", "Network", "Unknown", "Nonesuch", "NA Support", "N/A escalation", "Agent", "Tom", "🚀",
    "1", "Unassigned devices", "Gruppe ohne Grenzen", "Desk", "Blank",
]  # fmt: skip


@pytest.mark.parametrize("label", NOTHING)
def test_words_for_nothing_are_no_label_and_no_person(label: str) -> None:
    assert (is_placeholder(label), is_person(label)) == (True, False)


@pytest.mark.parametrize("label", LABELS)
def test_other_labels_stay(label: str) -> None:
    assert label_or_none(label) == label


@pytest.mark.parametrize("field", ["team", "priority", "service", "configuration_item", "category", "provider"])
def test_no_connector_hands_over_a_word_for_nothing(field: str) -> None:
    values = factory_ticket().model_dump() | {field: "Not assigned", "priority_level": 3}
    made = Draft().make_ticket(values)

    assert getattr(made, field) is None
    assert made.priority_level == (None if field == "priority" else 3)


@pytest.mark.parametrize("field", ["team", "priority", "assignee"])
def test_no_history_hands_over_to_nobody(field: str) -> None:
    change: dict[str, Any] = {"at": START, "field": field, "old": "No Group", "new": "Desk", "actor": None}

    assert make_transition(change).old is None
    assert make_transition(change | {"field": "status", "old": "None", "new": "Open"}).old == "None"


def test_tickets_of_files_have_no_words_for_nothing(tmp_path: Path) -> None:
    change = {"at": "2024-03-02T08:00:00Z", "field": "team", "old": "Keine Gruppe", "new": "Desk"}
    mapped = read(
        tmp_path, ticket("T", team="No Group", assignee="No Agent", priority="Sin definir", transitions=[change])
    )

    assert (mapped.team, mapped.assignee, mapped.priority, mapped.priority_level) == (None, None, None, None)
    assert (mapped.transitions[0].old, mapped.transitions[0].new) == (None, "Desk")


def test_events_of_files_hand_nothing_over_to_nobody(tmp_path: Path) -> None:
    changes = (OPENED, "No Group"), ("2024-03-02T08:00Z", "Unassigned"), ("2024-03-03T08:00Z", "Desk")
    lines = [f"A,{at},{team},New" for at, team in changes]
    steps = pull(
        write(tmp_path / "log.csv", "\n".join(["id,at,team,status", *lines, ""])), events=True
    ).only.transitions

    assert [(step.field, step.old, step.new) for step in steps] == [("team", None, "Desk")]
