"""What is known of a ticket's past."""

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.model import HistoryIs
from connectors.servicenow.row import Row

STATE = "state"
OLD_STATES = ("incident_state", "problem_state")
"""What the column `state` was called in earlier releases; both are kept alike where both exist."""


@dataclass(frozen=True, slots=True)
class Past:
    """All known changes of one ticket, oldest first, and where they come from.

    A change is a row as of sys_audit: `sys_created_on`, `fieldname`, `oldvalue`, `newvalue`, `user`.
    """

    changes: Sequence[Row]
    history_is: HistoryIs
