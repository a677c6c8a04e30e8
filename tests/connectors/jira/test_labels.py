"""Kinds and levels in whatever language Jira shows them."""

import pytest

from connectors.jira.labels import Labels
from connectors.words import Words

TYPES = [{"id": "7", "name": "Häiriö", "untranslatedName": "Incident"}, {"id": "8", "name": "Muu"}]
PRIORITIES = [{"id": "1", "name": "Korkein", "untranslatedName": "Highest"}]


def test_names_before_translation_explain_those_of_other_languages() -> None:
    labels = Labels(TYPES, PRIORITIES, Words())
    assert labels.kind({"id": "7", "name": "Häiriö"}) == "incident"
    assert labels.kind({"id": "8", "name": "Muu"}) == "other"
    assert labels.level({"id": "1", "name": "Korkein"}) == 1
    assert labels.level({"id": "2", "name": "Korkea"}) is None


def test_the_maps_of_the_operator_go_before_names_and_words() -> None:
    labels = Labels(TYPES, PRIORITIES, Words({}, {"häiriö": "alert"}, {"highest": 4}))
    assert labels.kind({"id": "7", "name": "Häiriö"}) == "alert"
    assert labels.level({"id": "1", "name": "Korkein"}) == 4


@pytest.mark.parametrize(
    ("icon", "level"), [("highest", 1), ("critical", 2), ("medium", 3), ("trivial", 5), ("mine", None)]
)
def test_the_icons_of_jira_explain_priorities_without_known_words(icon: str, level: int | None) -> None:
    priority = {"id": "1", "name": "Korkein", "iconUrl": f"https://x/images/icons/priorities/{icon}.svg"}
    assert Labels((), (), Words()).level(priority) == level


def test_priorities_of_one_name_differ_by_what_explains_them() -> None:
    labels = Labels((), (), Words())
    icon = "https://x/images/icons/priorities/{}.svg"

    levels = [labels.level({"id": "1", "name": "Korkein", "iconUrl": icon.format(name)}) for name in ("high", "low")]

    assert (levels[0] != levels[1], None in levels) == (True, False)
    assert labels.level({"id": "1", "name": ["Korkein"], "iconUrl": icon.format("high")}) == levels[0]
