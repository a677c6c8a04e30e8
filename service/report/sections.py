"""The report on one scope in the parts that pages read, so that none of them reads more than it shows."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection

from service.analysis.weeks import WEEK
from service.report.document import HOUR, document
from service.report.evidence import Collected, collect
from service.report.numbers import resolvers
from service.store.queries import export, ticket_lists
from service.store.queries.snapshot import Snapshot
from service.store.results import cells

Part = dict[str, Any]

COSTLIEST = 3
FLOWS = 400
PEOPLE_SHOWN = 8
HEAD = ("as_of", "timezone", "scope", "period")
LOOP = ("tickets", "n", "share", "hours")


def parts(snapshot: Snapshot) -> dict[str, Part]:
    """By name: `report`, `overview`, `cycles`, `groups` and `loops` of a scope, all from one look."""
    found = collect(snapshot)
    full = document(snapshot, found)
    head = {name: full[name] for name in HEAD}
    with snapshot.results.read() as connection:
        cycles = _cycles(connection, snapshot, full["cycles"])
        return {
            "report": full,
            "overview": head | _overview(full, cycles, found),
            "cycles": head | {"cycles": cycles},
            "groups": head | _groups(connection, snapshot, found),
            "loops": head | {"loops": full["loops"]} | _flows(connection, snapshot),
        }


def _cycles(connection: Connection, snapshot: Snapshot, cycles: Sequence[Part]) -> list[Part]:
    """The cycles without their tickets, with source and services."""
    sources = export.sources_of(connection, snapshot.tickets, [cycle["id"] for cycle in cycles])
    services = ticket_lists.cycle_services(connection, snapshot.scope)
    return [
        {name: value for name, value in cycle.items() if name != "ticket_ids"}
        | {"source": sources.get(cycle["id"]), "services": services.get(cycle["id"], [])}
        for cycle in cycles
    ]


def _overview(full: Part, cycles: Sequence[Part], found: Collected) -> Part:
    own = {name: full[name] for name in ("verdict", "questions", "findings", "metrics", "sources", "series", "money")}
    known_from = found.evidence.known_from
    return own | {
        "loops": {id_: {name: one[name] for name in LOOP} for id_, one in full["loops"].items()},
        "cycles": len(cycles),
        "endless": sum(cycle["endless"] for cycle in cycles),
        "costliest": cycles[:COSTLIEST],
        "timelines": full["timelines"],
        "repeat_hours": found.evidence.sums.get("repeat.s", 0) / HOUR,
        "known_from": known_from.isoformat() if known_from else None,
    }


def _flows(connection: Connection, snapshot: Snapshot) -> Part:
    """(from, to, how often) of the handoffs between teams, and (from, to, in how many tickets)."""
    found = ticket_lists.handoffs(connection, snapshot.scope, snapshot.span, FLOWS)
    return {
        "flows": [(one, other, times) for one, other, times, _ in found],
        "handed": [(one, other, tickets) for one, other, _, tickets in found],
    }


def _groups(connection: Connection, snapshot: Snapshot, found: Collected) -> Part:
    """Teams by their volume, and services with the shares of their resolvers; nobody is named."""
    teams = sorted(found.evidence.teams, key=lambda team: (-team.closed, team.name))
    weekly = cells.by_value(connection, "service", snapshot.period_weeks[0], snapshot.period_weeks[-1] + WEEK)
    services = []
    for service in sorted(found.evidence.services, key=lambda one: (-one.resolved, one.name)):
        shares = sorted(resolvers(weekly.get(service.name, {}), snapshot.period_weeks).values(), reverse=True)
        services.append(asdict(service) | {"shares": shares[:PEOPLE_SHOWN], "people": len(shares)})
    return {"teams": [asdict(team) for team in teams], "services": services}
