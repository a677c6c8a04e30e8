"""The part of the conformance suite that a connector's author provides: a stand-in for the real system."""

import unittest
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from connectors.base import Connector
from connectors.model import Ticket


class FakeSystem(ABC):
    """A stand-in for a ticket system. Two dozen tickets over several pages are enough; ids never change.

    `overlap` is the setting of its connectors, `unknown_id` an id that no ticket has.
    """

    overlap = timedelta(minutes=10)
    unknown_id = "no-such-ticket"

    @abstractmethod
    def connector(self, fail_after: int | None = None) -> Connector:
        """Return a new connector; with `fail_after` its system fails for good after that many requests."""

    @abstractmethod
    def truth(self) -> Mapping[str, datetime]:
        """Return the update time of each existing ticket by id, in aware UTC with the system's own precision."""

    @abstractmethod
    def touch(self, ticket_id: str) -> None:
        """Change a ticket, so that its update time is now."""

    def stream(self, ticket: Ticket) -> str:  # noqa: ARG002 - for systems of several walks
        """Return the walk that reads a ticket, where a pull has several with a progress of their own."""
        return ""

    def tie(self, ticket_ids: Sequence[str]) -> None:  # noqa: ARG002 - for systems that can
        """Give all these tickets the same update time."""
        raise unittest.SkipTest("this fake system cannot set times")

    def create(self) -> str:
        """Create a ticket and return its id."""
        raise unittest.SkipTest("this fake system cannot create tickets")

    def delete(self, ticket_id: str) -> None:  # noqa: ARG002 - for systems that can
        """Delete a ticket for good."""
        raise unittest.SkipTest("this fake system cannot delete tickets")

    def repeat_token(self) -> None:
        """Answer every page from now on with the same page token."""
        raise unittest.SkipTest("this system has no page tokens")

    def secrets(self) -> Sequence[str]:
        """Return the texts that must never appear in a log, an error or a repr."""
        raise unittest.SkipTest("this system has no secrets")
