"""Flags of tickets against the definitions worked out apart from the product."""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from config.settings import Settings
from connectors.model import Link, Ticket
from service.analysis.major_incidents import LEAD_BITS
from service.pipeline import counting
from service.store.database import Database
from service.store.queries.scopes import ALL_TIME, Scope
from service.store.queries.ticket_lists import TicketQuery, count_tickets
from service.store.results import bursts
from service.store.results.facts import StoredFact
from tests.factory import ticket
from tests.marks import postgres_is_slow
from tests.service.pipeline.definitions import PlainTicket, endless_of, episodes_of, repeats_of
from tests.service.pipeline.world import TITLES, World, closed, opened

ZONE = "America/New_York"


def plain(stored: StoredFact, by_id: dict[str, StoredFact], world: World) -> PlainTicket:
    fact = stored.fact
    links = world.now[fact.source, fact.id].links
    parents = [by_id[link.target] for link in links if link.relation == "parent" and link.target in by_id]
    outages = [
        parent.fact.opened_at for parent in parents if parent.fact.kind == "incident" and parent.fact.is_reactive
    ]
    openings = [fact.opened_at, *(outages if fact.kind == "incident" else [])]
    repaired = fact.first_resolved_at or fact.resolved_at
    return PlainTicket(
        fact.id, min(openings).replace(microsecond=0), repaired and max(repaired, fact.opened_at).replace(microsecond=0)
    )


def families_of(world: World) -> Iterable[list[PlainTicket]]:
    by_id = world.facts()
    families = defaultdict[int, list[PlainTicket]](list)
    for stored in by_id.values():
        if stored.family_id is not None:
            families[stored.family_id].append(plain(stored, by_id, world))
    return families.values()


def led_by(stored: StoredFact) -> set[tuple[str, str]]:
    """Return the scopes that a ticket leads, as (dimension, value)."""
    fact, leads = stored.fact, stored.flags.leads
    values = {"all": "", "team": fact.team, "service": fact.service, "kind": fact.kind, "provider": fact.provider}
    return {(name, value or "") for name, value in values.items() if leads & LEAD_BITS[name]}


def major_incidents(family: Sequence[PlainTicket], by_id: dict[str, StoredFact]) -> dict[str, set[tuple[str, str]]]:
    """Return the scopes in which each major failure of a family begins a major incident."""
    led = defaultdict[str, set[tuple[str, str]]](set)
    for episode in episodes_of(family):
        stored = [by_id[each.id] for each in episode]
        major = [each for each in stored if each.fact.work_class == "failure" and each.fact.is_decided]
        major = [each for each in major if each.fact.priority_level in (1, 2)]
        major.sort(key=lambda each: (int(each.fact.opened_at.timestamp()), each.fact.id))
        for name in ("all", "team", "service", "kind", "provider"):
            for value in {"" if name == "all" else getattr(each.fact, name) for each in major} - {None}:
                rest = [each for each in major if name == "all" or getattr(each.fact, name) == value]
                while rest:
                    led[rest[0].fact.id].add((name, value))
                    rest = [each for each in rest if each.burst_s > rest[0].burst_s + 72 * 3600]
    return dict(led)


def arrival(dice: random.Random, ids: Sequence[str]) -> Ticket:
    """Return a ticket of a year in which problems come in bursts, come back, and are sometimes never resolved."""
    day = dice.choice((dice.randrange(0, 40) * 9, dice.randrange(0, 350))) + dice.choice((0, 0, 0.04, 1, 1.04, 3, 3.04))
    links = (Link(relation="parent", target=dice.choice(ids)),) if dice.random() < 0.2 else ()
    kind = dice.choice(("incident", "incident", "incident", "incident", "problem"))
    arrived = ticket(
        dice.choice(ids), title=dice.choice(TITLES[4:6]), kind=kind, opened_at=opened(day), links=links,
        priority_level=dice.choice((1, 2, 3, None)), team=dice.choice(("Net", "Desk", None)),
    )  # fmt: skip
    return arrived if dice.random() < 0.3 else closed(arrived, dice.choice((1, 24, 40, 500)))


def counted(database: Database, scope: Scope) -> int:
    with database.read() as connection:
        return count_tickets(connection, TicketQuery(scope, "major_incidents", ALL_TIME))[0]


@pytest.mark.parametrize(
    ("small", "seed"),
    [(1, 0), (100, 1), *(pytest.param(*each, marks=pytest.mark.slow) for each in product((1, 100), range(2, 5)))],
)
@postgres_is_slow
def test_flags_are_those_of_the_definitions(
    database: Database, small: int, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "SMALL_FAMILY", small)
    monkeypatch.setattr(bursts, "READ_AHEAD", 3)
    world = World(database, Settings(timezone=ZONE), as_of=datetime(2027, 1, 1, tzinfo=UTC))
    dice, ids, flags = random.Random(seed), [str(number) for number in range(70)], list[tuple[int, int]]()
    world.analyse()
    for _ in range(10):
        world.write(*(arrival(dice, ids) for _ in range(dice.choice((1, 10, 40)))))
        world.remove(dice.choice([id_ for _, id_ in world.now]))
        assert not world.analyse().rebuilt
        facts, families = world.facts(), list(families_of(world))
        repeats = set[str]().union(*map(repeats_of, families))
        endless = set[str]().union(*(endless_of(family, ZoneInfo(ZONE)) for family in families))
        assert {id_ for id_, stored in facts.items() if stored.flags.is_repeat} == repeats
        assert {id_ for id_, stored in facts.items() if stored.flags.is_endless} == endless
        led = {id_: scopes for family in families for id_, scopes in major_incidents(family, facts).items()}
        assert {id_: led_by(stored) for id_, stored in facts.items() if stored.flags.leads} == led
        of_whole = sum(("all", "") in scopes for scopes in led.values())
        of_net = sum(("team", "Net") in scopes for scopes in led.values())
        assert (world.sums().get("major", 0), world.sums("team", "Net").get("major", 0)) == (of_whole, of_net)
        assert [counted(database, scope) for scope in (Scope(), Scope("team", "Net"))] == [of_whole, of_net]
        flags.append((len(repeats), len(endless)))
    assert max(flags) > (10, 10), flags
