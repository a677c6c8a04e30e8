"""A store in which one problem with a hostile title comes back every other week, and a fix did not hold."""

from datetime import timedelta

from config.settings import Settings
from connectors.model import Link
from service.store.database import Database
from service.store.tickets import sources
from tests.factory import ticket
from tests.service.pipeline.world import World, closed, opened

TITLE = '<script>alert(1)</script> Gateway & "relay" rejects attachment'
EPISODES = 20
FIXED_AFTER = 10
DAYS_BETWEEN = 7


def company(database: Database) -> World:
    """The store, written and not yet analysed."""
    world = World(database, Settings(hourly_rate=80, currency="EUR"))
    for place in range(EPISODES):
        links = (Link(relation="problem", target="fix"),) if place < FIXED_AFTER else ()
        again = ticket(
            f"m{place}", title=TITLE, team="Messaging", service="Mail", links=links,
            opened_at=opened(place * DAYS_BETWEEN), resolver="ann",
        )  # fmt: skip
        world.write(closed(again, 5))
    for place in range(60):
        second = ticket(f"o{place}", title=f"{chr(97 + place % 26) * 9} {chr(97 + place // 7) * 7}", team="Desk",
                       kind="request", opened_at=opened(place * 2.3))  # fmt: skip
        world.write(closed(second, 2))
    fix = ticket(
        "fix", title="Root cause of rejected mail", kind="problem", opened_at=opened(FIXED_AFTER * DAYS_BETWEEN - 20)
    )
    world.write(closed(fix, 24 * 18))
    done = world.as_of - timedelta(minutes=5)
    for number in world.numbers.values():
        sources.mark_success(database, number, done)
        sources.mark_completeness(database, number, complete=True, gaps=(), reconciled_at=done)
    return world
