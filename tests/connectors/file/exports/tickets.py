"""Invented tickets, the same for all example exports."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from connectors.model import Kind, StatusCategory

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
DAYS = 140
SUBJECTS = ("Printer", "Mail", "Access card", "Scanner", "Shared folder", "Telephone", "Payroll form", "Remote desk")
TROUBLES = ("is slow", "shows an error", "has no paper; again", "asks for a password", 'says "not ready"', "is offline")
TEAMS = ("Desk", "Network", "Field service", "Applications")
CATEGORIES: tuple[StatusCategory, ...] = ("closed", "closed", "closed", "resolved", "active", "waiting", "new")
KINDS: tuple[Kind, ...] = ("incident", "incident", "request")
HALF_HOURS = 12


@dataclass(frozen=True, slots=True)
class ExportedTicket:
    """A ticket as the system holds it; times are in UTC and have no seconds, as many exports show none."""

    number: int
    title: str
    kind: Kind
    category: StatusCategory
    level: int
    team: str
    requester: str
    assignee: str
    opened_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None
    minutes: int
    labels: tuple[str, ...]


def make_tickets(number: int = 60) -> Iterator[ExportedTicket]:
    """Yield so many tickets, always the same ones."""
    random = Random(20260105)
    for index in range(number):
        yield _ticket(random, index)


def _ticket(random: Random, index: int) -> ExportedTicket:
    category = random.choice(CATEGORIES)
    # By day, so that no clock change makes a local time ambiguous.
    opened_at = BEGIN + timedelta(days=random.randrange(DAYS), hours=random.randrange(6, 15), minutes=index % 60)
    resolved_at = opened_at + timedelta(days=random.randrange(6), minutes=random.randrange(20, 300))
    closed_at = resolved_at + timedelta(days=2)
    ended, closed = category in ("resolved", "closed"), category == "closed"
    return ExportedTicket(
        number=1001 + index,
        title=f"{random.choice(SUBJECTS)} {index} {random.choice(TROUBLES)}",
        kind=random.choice(KINDS),
        category=category,
        level=random.randrange(1, 5),
        team=random.choice(TEAMS),
        requester=f"User {random.randrange(30)}",
        assignee=f"Agent {random.randrange(8)}",
        opened_at=opened_at,
        updated_at=closed_at if closed else resolved_at,
        resolved_at=resolved_at if ended else None,
        closed_at=closed_at if closed else None,
        minutes=30 * random.randrange(1, HALF_HOURS) if ended else 0,
        labels=tuple(random.sample(("floor-3", "vip", "branch"), random.randrange(3))),
    )
