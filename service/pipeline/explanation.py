"""Explanation of one ticket: its history, its class and why, its family, episode and loops."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from service.analysis.classify import Case
from service.analysis.classify.explanation import explain as explain_class
from service.analysis.fact import Fact
from service.analysis.formatting import count, hours, local_day, moment
from service.analysis.printable import printable
from service.pipeline.analyst import Analyst
from service.pipeline.corrections import ticket_named
from service.pipeline.suggestions import SuggestionQuery, suggest_families
from service.store.results import families, feedback
from service.store.results.facts import FactStore, StoredFact
from service.store.results.families import Episode, Family
from service.store.tickets import reader
from service.store.tickets.reader import StoredTicket

HISTORIES = {"history": "known", "truncated": "truncated", "counter": "known by counters only", "none": "not known"}


def explain(analyst: Analyst, name: str) -> str:
    """Return the explanation of a ticket as text in four paragraphs. Raises UnknownName."""
    stored = ticket_named(analyst, name)
    with analyst.database.read() as connection:
        store = FactStore(analyst.database, reader.source_names(analyst.database))
        stored_fact = store.read(connection, [stored.number]).get(stored.number)
        if stored_fact is None:
            return _not_analysed(stored, analyst.settings.zone)
        key = stored.source_id, stored.ticket.id
        label = feedback.labels(connection, [key]).get(key)
        number = stored_fact.family_id
        family = families.read(connection, [number]).get(number) if number is not None else None
        episodes = families.episodes(connection, [number]).get(number, []) if number is not None else []
    fact = stored_fact.fact
    steps = explain_class(analyst.classifier(), Case(stored.ticket, stored.source, label))
    lines = [
        *_head(fact), "", "Life", *_life(stored, fact, analyst.settings.zone), "", "Class", *steps, "", "Family",
        *_family(fact, family, _episode_number(stored_fact, episodes)), *_suggestions(analyst, stored, family),
    ]  # fmt: skip
    return "\n".join(printable(line if not line or line[0].isupper() else f"  {line}") for line in lines)


def _not_analysed(stored: StoredTicket, zone: ZoneInfo) -> str:
    ticket = stored.ticket
    if ticket.opened_at > datetime.now(UTC):
        return f"{ticket.key} opens on {local_day(ticket.opened_at, zone)}: it is analysed from then on"
    return f"{ticket.key} was deleted in its source and is no longer analysed"


def _episode_number(stored: StoredFact, episodes: Sequence[Episode]) -> int:
    """Return the number of a ticket's episode in its family, from 1."""
    # A family with one ticket has no stored ones.
    return max(1, sum(episode.start_s <= stored.burst_s for episode in episodes))


def _head(fact: Fact) -> Iterator[str]:
    yield f"{fact.key}: {fact.title}" if fact.title else fact.key
    yield f"source {fact.source}, kind {fact.kind}, status {fact.status} ({fact.status_category})"
    places = {"team": fact.team, "service": fact.service, "category": fact.category, "provider": fact.provider}
    yield ", ".join(f"{name} {value}" for name, value in places.items() if value) or "no team, service or category"


def _life(stored: StoredTicket, fact: Fact, zone: ZoneInfo) -> Iterator[str]:
    yield f"opened {moment(fact.opened_at, zone)}{', outside business hours' if fact.after_hours else ''}"
    for change in stored.ticket.transitions:
        yield f"{moment(change.at, zone)} {change.field}: {change.old or 'none'} -> {change.new or 'none'}"
    yield f"resolved {moment(fact.resolved_at, zone)}" if fact.resolved_at else "not resolved"
    work = "unknown" if fact.hours_are == "unknown" else f"{hours(fact.seconds)}, {fact.hours_are}"
    yield f"work {work}; history {HISTORIES[fact.history_is]}"
    loops = {
        "reopens": fact.reopens, "handoffs": fact.handoffs, "ping-pong strict": fact.pingpong_strict,
        "ping-pong loose": fact.pingpong_loose, "stall loops": fact.stall_loops,
    }  # fmt: skip
    yield ", ".join(f"{name} {'not known' if times is None else times}" for name, times in loops.items())


def _family(fact: Fact, family: Family | None, episode: int) -> Iterator[str]:
    if family is None:
        yield "none: only reactive tickets belong to families" if not fact.is_reactive else "none"
        return
    yield f"{family.name}: {family.title}"
    size = f"{count(family.tickets, 'ticket')} in {count(family.rhythm.episodes, 'episode')}"
    yield f"{size}; this one belongs to episode {episode}"
    yield "dismissed by a person" if family.is_dismissed else _cycle(family)


def _cycle(family: Family) -> str:
    if not family.is_cycle:
        return "not a cycle: a cycle has 3 episodes over 14 days"
    return "an endless cycle" if family.is_endless else "a cycle, but not an endless one"


def _suggestions(analyst: Analyst, stored: StoredTicket, family: Family | None) -> Iterator[str]:
    """Yield the families that a person might merge with the ticket's own."""
    if family is None:
        return
    similar = suggest_families(analyst.database, SuggestionQuery(stored.ticket, stored.source, family.id))
    if similar:
        yield from ("", "Similar, but not joined")
        yield from (f"{match.name} ({count(match.tickets, 'ticket')}): {match.title}" for match in similar)
