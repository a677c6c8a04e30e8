"""What an author provides: a stand-in for the system that the connector reads."""

import unittest
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from connectors.base import Connector
from connectors.model import Ticket


class FakeSystem(ABC):
    """A stand-in for a ticketing system. Two dozen tickets over several pages are enough; ids never change.

    `overlap` is the setting of its connectors, `unknown_id` one that no ticket has.
    """

    overlap = timedelta(minutes=10)
    unknown_id = "no-such-ticket"

    @abstractmethod
    def connector(self, fail_after: int | None = None) -> Connector:
        """A new connector; with `fail_after` its system dies for good after that many requests."""

    @abstractmethod
    def truth(self) -> Mapping[str, datetime]:
        """When each ticket that exists now was updated, by id, in aware UTC as exactly as the system keeps it."""

    @abstractmethod
    def touch(self, ticket_id: str) -> None:
        """Changes a ticket, so that it is updated now."""

    def stream(self, ticket: Ticket) -> str:  # noqa: ARG002 - for systems of several walks
        """Which walk brings a ticket, where a pull consists of several with a progress of their own."""
        return ""

    def tie(self, ticket_ids: Sequence[str]) -> None:  # noqa: ARG002 - for systems that can
        """Gives all these tickets the same time of update."""
        raise unittest.SkipTest("this fake system cannot set times")

    def create(self) -> str:
        """The id of a new ticket."""
        raise unittest.SkipTest("this fake system cannot create tickets")

    def delete(self, ticket_id: str) -> None:  # noqa: ARG002 - for systems that can
        """Removes a ticket for good."""
        raise unittest.SkipTest("this fake system cannot delete tickets")

    def repeat_token(self) -> None:
        """From now on the same page token comes again and again."""
        raise unittest.SkipTest("this system has no page tokens")

    def secrets(self) -> Sequence[str]:
        """What must never be shown."""
        raise unittest.SkipTest("this system has no secrets")
