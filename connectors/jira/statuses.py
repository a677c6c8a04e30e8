"""The category of a status, today's and those of old histories."""

from collections.abc import Iterable, Mapping

from connectors.jira.site import Json
from connectors.model import StatusCategory
from connectors.states import category_of


class Statuses:
    """The operator's words first, then Jira's own category with the status' name, then the name alone."""

    def __init__(self, catalogue: Iterable[Json], status_map: Mapping[str, StatusCategory]) -> None:
        self._status_map = status_map
        self._by_id = {str(status["id"]): _by_category(status) for status in catalogue}
        self._present: dict[str, StatusCategory] = {}
        self._past: dict[tuple[str | None, str], StatusCategory] = {}

    def category(self, status: Json) -> StatusCategory:
        """The category of a status as an issue shows it."""
        known = self._present.get(status["id"])
        if known is None:
            known = self._mapped(status["name"]) or _by_category(status)
            self._present[status["id"]] = known
        return known

    def past_category(self, status_id: str | None, name: str) -> StatusCategory:
        """The category of a status in a history, where it has its name of then and may be deleted by now."""
        known = self._past.get((status_id, name))
        if known is None:
            known = self._mapped(name) or self._by_id.get(status_id or "") or category_of(name)
            self._past[status_id, name] = known
        return known

    def _mapped(self, name: str) -> StatusCategory | None:
        return self._status_map.get(name.strip().casefold())


def _by_category(status: Json) -> StatusCategory:
    by_name = category_of(status["name"])
    match (status.get("statusCategory") or {}).get("key"):
        case "new":
            return "new"
        case "indeterminate":
            return "waiting" if by_name == "waiting" else "active"
        case "done":
            return by_name if by_name in ("cancelled", "closed") else "resolved"
        case _:
            return by_name
