"""What is known of a ticket's past."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from treadmill.connectors.model import HistoryIs

STATE = "state"
OLD_STATES = ("incident_state", "problem_state")
"""What the column `state` was called in earlier releases; both are kept alike where both exist."""


class Change(NamedTuple):
    """One change of one column; `at` as the database writes it, values as codes and sys_ids or as labels."""

    at: str
    column: str
    old: str
    new: str
    user: str | None


@dataclass(frozen=True, slots=True)
class Past:
    """All known changes of one ticket, oldest first, and where they come from."""

    changes: Sequence[Change]
    history_is: HistoryIs


def current_name(column: str) -> str:
    """`state` for its old names, any other column itself."""
    return STATE if column in OLD_STATES else column
