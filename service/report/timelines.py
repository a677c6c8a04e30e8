"""When the episodes of cycles were."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from service.analysis.episodes import STILL_OPEN
from service.store.results import families
from service.store.results.families import Episode

HOUR = 3600


def timelines(connection: Connection, names: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """The episodes of these cycles, by the cycle's id, in order; `end` is None while one is under way."""
    numbers = {family.id: family.name for family in families.cycles(connection) if family.name in names}
    found = families.episodes(connection, sorted(numbers))
    return {numbers[number]: [_episode(one) for one in own] for number, own in sorted(found.items())}


def _episode(one: Episode) -> dict[str, Any]:
    return {
        "start": _instant(one.start_s),
        "end": None if one.end_s == STILL_OPEN else _instant(one.end_s),
        "tickets": one.tickets,
        "hours": one.seconds / HOUR,
    }


def _instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
