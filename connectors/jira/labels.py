"""Kinds of issue types and levels of priorities, whatever the language of the account that reads them."""

import re
from collections.abc import Iterable, Mapping

from connectors.jira.site import Json
from connectors.model import Kind
from connectors.words import Words, level_of

# Of Jira's two schemes, Highest to Lowest and Blocker to Trivial, the second has these below its Blocker.
LEVELS: Mapping[str, int] = {"critical": 2, "major": 3}
# The icons of the schemes keep their names in every language.
_ICON = re.compile(r"/priorities/(blocker|critical|major|minor|trivial|highest|high|medium|low|lowest)[_.]")


class Labels:
    """Kinds and levels by the operator's maps, then by words.

    `types` and `priorities` are those of the site, each with the name that it had before Jira translated it.
    """

    def __init__(self, types: Iterable[Json], priorities: Iterable[Json], words: Words) -> None:
        self._types = _untranslated(types)
        self._priorities = _untranslated(priorities)
        self._words = words
        self._kinds: dict[tuple[str, ...], Kind] = {}
        self._levels: dict[tuple[str, ...], int | None] = {}

    def kind(self, issue_type: Json) -> Kind:
        """Return the kind of an issue type as an issue shows it."""
        key = _key(issue_type)
        kind = self._kinds.get(key)
        if kind is None:
            kind = self._kinds[key] = self._words.kind(*_names(issue_type, self._types))
        return kind

    def level(self, priority: Json) -> int | None:
        """Return the level of a priority as an issue shows it; None if nothing explains it."""
        key = _key(priority)
        if key not in self._levels:
            self._levels[key] = self._find_level(priority)
        return self._levels[key]

    def _find_level(self, priority: Json) -> int | None:
        names = _names(priority, self._priorities)
        by_scheme = (level for name in names if (level := LEVELS.get(name.strip().casefold())))
        mapped = self._words.mapped_level(*names)
        return mapped or next(by_scheme, None) or self._words.level(*names) or _level_of_icon(priority)


def _untranslated(catalogue: Iterable[Json]) -> dict[str, str]:
    return {entry["id"]: name for entry in catalogue if isinstance(name := entry.get("untranslatedName"), str)}


def _key(value: Json) -> tuple[str, ...]:
    """Return what the meaning of a value hangs on; as texts, since a list is no key."""
    get = value.get
    return f"{get('name')}", f"{get('id')}", f"{get('untranslatedName')}", f"{get('iconUrl')}"


def _names(value: Json, untranslated: Mapping[str, str]) -> list[str]:
    """Return the names of a value: the one that people see, and the one before its translation."""
    original = value.get("untranslatedName") or untranslated.get(str(value.get("id")))
    return [name for name in (value["name"], original) if isinstance(name, str)]


def _level_of_icon(priority: Json) -> int | None:
    icon = _ICON.search(str(priority.get("iconUrl") or ""))
    return (LEVELS.get(icon[1]) or level_of(icon[1])) if icon else None
