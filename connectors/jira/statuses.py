"""Categories of statuses, current ones and those of old histories."""

from collections.abc import Iterable

from connectors.jira.site import Json
from connectors.model import StatusCategory
from connectors.words import Words, category_of


class Statuses:
    """Categories by the operator's map, then by Jira's own category and the name, then by the name alone."""

    def __init__(self, catalogue: Iterable[Json], words: Words) -> None:
        self._words = words
        self._by_id = {str(status["id"]): _jira_category(status) for status in catalogue}
        self._current: dict[str, StatusCategory] = {}
        self._past: dict[tuple[str | None, str], StatusCategory] = {}

    def category(self, status: Json) -> StatusCategory:
        """Return the category of a status as an issue shows it."""
        category = self._current.get(status["id"])
        if category is None:
            category = self._words.mapped_status(status["name"]) or _jira_category(status)
            self._current[status["id"]] = category
        return category

    def past_category(self, status_id: str | None, name: str) -> StatusCategory:
        """Return the category of a status in a history."""
        category = self._past.get((status_id, name))
        if category is None:
            # A history keeps the name of its time, and the status may have been deleted since: the id comes first.
            category = self._words.mapped_status(name) or self._by_id.get(status_id or "") or category_of(name)
            self._past[status_id, name] = category
        return category


def _jira_category(status: Json) -> StatusCategory:
    # Jira knows three categories only: the name tells waiting from active, and closed and cancelled from resolved.
    by_name = category_of(status["name"])
    category = status.get("statusCategory")
    match category.get("key") if isinstance(category, dict) else None:
        case "new":
            return "new"
        case "indeterminate":
            return "waiting" if by_name == "waiting" else "active"
        case "done":
            return by_name if by_name in ("cancelled", "closed") else "resolved"
        case _:
            return by_name
