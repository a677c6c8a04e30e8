"""What a person says of tickets and families, and what a person is told of one ticket."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from service.analysis.classify import Case, Experience, Override
from service.analysis.classify.explanation import explain as explain_class
from service.analysis.fact import Fact
from service.analysis.wording import count
from service.pipeline.analyst import Analyst, now
from service.pipeline.suggestions import Asked, suggestions
from service.store.queries import statistics
from service.store.queries.statistics import InDoubt
from service.store.results import facts, families, feedback
from service.store.results.facts import FactStore, Placed
from service.store.results.families import Family
from service.store.results.feedback import Spoken
from service.store.tickets import reader
from service.store.tickets.reader import StoredTicket

HOUR = 3600


class UnknownName(ValueError):
    """No ticket or family has this name, or several have; the text says what to do."""


def label(analyst: Analyst, name: str, word: Override) -> str:
    """Keeps a person's word on a ticket's nature; what was kept, as a sentence. Raises UnknownName."""
    found = _ticket(analyst, name)
    feedback.label(analyst.database, found.source_id, found.ticket.id, word, now())
    named = f", class {word.work_class}" if word.work_class else ""
    return f"{found.ticket.key} is {word.nature}{named}, by a person's word"


def forget(analyst: Analyst, name: str) -> str:
    """Takes a person's word on a ticket's nature back; what that means, as a sentence. Raises UnknownName."""
    found = _ticket(analyst, name)
    if not feedback.forget(analyst.database, found.source_id, found.ticket.id):
        raise UnknownName(f"no person has labelled {found.ticket.key}")
    return f"{found.ticket.key} is judged by the rules again"


def merge(analyst: Analyst, names: Sequence[str]) -> str:
    """Makes one family of several; what was kept, as a sentence. Raises UnknownName."""
    if len(names) < 2:
        raise UnknownName("merge needs two families or more: treadmill cycles merge FAMILY FAMILY")
    found = [_family(analyst, name) for name in names]
    if len({family.source_id for family in found}) > 1:
        raise UnknownName("families of different sources cannot be merged")
    roots = [_root(analyst, family) for family in found]
    feedback.say(analyst.database, "merge", found[0].source_id, roots, at=now())
    return f"merged {', '.join(family.name for family in found)}"


def split(analyst: Analyst, names: Sequence[str]) -> str:
    """Makes a family of its own of some tickets of one; what was kept, as a sentence. Raises UnknownName."""
    family, tickets = _family(analyst, names[0]), [_ticket(analyst, name) for name in names[1:]]
    placed = _placed(analyst, [one.number for one in tickets])
    strangers = [one.ticket.key for one in tickets if placed.get(one.number) != family.id]
    if strangers or not tickets:
        wrong = f"{', '.join(strangers)} not in {family.name}" if strangers else "no ticket named"
        raise UnknownName(f"{wrong}: name tickets of {family.name} that are to leave it")
    ids = [one.ticket.id for one in tickets]
    feedback.say(analyst.database, "split", family.source_id, ids, at=now())
    return f"split {', '.join(one.ticket.key for one in tickets)} off {family.name}"


def dismiss(analyst: Analyst, names: Sequence[str]) -> str:
    """Says that a family is no trouble; what was kept, as a sentence. Raises UnknownName."""
    family = _family(analyst, names[0])
    feedback.say(analyst.database, "dismiss", family.source_id, [_root(analyst, family)], at=now())
    return f"dismissed {family.name}: it is no cycle and makes no repeats"


def fix(analyst: Analyst, name: str, at: datetime) -> str:
    """Declares a fix of a family; what was kept, as a sentence. Raises UnknownName."""
    family = _family(analyst, name)
    feedback.say(analyst.database, "fix", family.source_id, [_root(analyst, family)], at=now(), fixed_at=at)
    return f"declared a fix of {family.name} at {at.isoformat()}"


def spoken(analyst: Analyst, name: str | None = None) -> list[Spoken]:
    """What persons have said of families, or of one family, the latest first. Raises UnknownName."""
    wanted = None if name is None else _family(analyst, name).name
    with analyst.database.read() as connection:
        return [one for one in feedback.spoken(connection) if wanted is None or wanted in one.families]


def undo(analyst: Analyst, number: int, name: str | None = None) -> str:
    """Takes a word back, which must be on the family where one is named; which one, as a line. Raises UnknownName."""
    found = next((one for one in spoken(analyst, name) if one.word.id == number), None)
    if found is None:
        raise UnknownName(f"no word has the number {number}; treadmill cycles words lists them")
    feedback.take_back(analyst.database, found.word)
    return f"taken back: {as_word(found, analyst.settings.zone)}"


def as_word(one: Spoken, zone: ZoneInfo) -> str:
    """A word on families as a line: its number, its day, what was said, of which tickets, in which families now."""
    word = one.word
    what = f"fix on {word.fixed_at.astimezone(zone):%Y-%m-%d}" if word.fixed_at else word.what
    told = f"{', '.join(one.keys) or 'no ticket'} in {', '.join(one.families) or 'no family'}"
    return f"{word.id:>4} {word.at.astimezone(zone):%Y-%m-%d} {what:<17} {told}"


def review(analyst: Analyst, limit: int) -> list[InDoubt]:
    """The tickets that a person should label: the least certain first, then those that contradict their kind."""
    with analyst.database.read() as connection:
        return statistics.in_doubt(connection, limit)


def as_line(one: InDoubt) -> str:
    """A ticket of the review list as a line."""
    against = f", against its kind ({one.own_nature})" if one.contradicts else ""
    decided = f"{one.nature}, {one.work_class}, {one.confidence:.2f}{against}"
    return f"{one.key:<16} {decided}, by {one.decided_by}: {one.title[:70]}"


def learnt(experience: Experience, *, is_new: bool) -> str:
    """What was learnt, as a sentence."""
    known = "learnt anew" if is_new else "nothing new was learnt"
    if experience.quality is None:
        return f"{known}: base rates of {len(experience.rates)} kinds, no text model: {experience.why_no_model}"
    quality = experience.quality
    return (
        f"{known}: base rates of {len(experience.rates)} kinds, and a text model from {quality.n:,} tickets, "
        f"taught by {quality.taught_by}; cross-validated macro-F1 {quality.macro_f1:.3f}, "
        f"the shipped phrases alone {quality.rules_macro_f1:.3f}"
    )


def explain(analyst: Analyst, name: str) -> str:
    """The life of a ticket, its class and why, its family, episode and loops. Raises UnknownName."""
    found = _ticket(analyst, name)
    with analyst.database.read() as connection:
        store = FactStore(analyst.database, reader.source_names(analyst.database))
        placed = store.read(connection, [found.number]).get(found.number)
        key = found.source_id, found.ticket.id
        said = feedback.labels(connection, [key]).get(key)
        number = placed.family_id if placed else None
        family = families.read(connection, [number]).get(number) if number is not None else None
        episodes = families.episodes(connection, [number]).get(number, []) if number is not None else []
    if placed is None:
        return f"{found.ticket.key} is gone from its source and no longer analysed"
    fact = placed.fact
    steps = explain_class(analyst.classifier(), Case(found.ticket, found.source, said))
    started = [episode for episode in episodes if episode.start_s <= facts.seconds_of(fact.opened_at)]
    told = [
        *_head(fact), "", "Life", *_life(found, fact), "", "Class", *steps, "", "Family",
        *_of_family(fact, family, max(1, len(started))), *_like(analyst, found, family),
    ]  # fmt: skip
    return "\n".join(line if not line or line[0].isupper() else f"  {line}" for line in told)


def _head(fact: Fact) -> Iterator[str]:
    yield f"{fact.key}: {fact.title}" if fact.title else fact.key
    yield f"source {fact.source}, kind {fact.kind}, status {fact.status} ({fact.status_category})"
    places = {"team": fact.team, "service": fact.service, "category": fact.category, "provider": fact.provider}
    yield ", ".join(f"{name} {value}" for name, value in places.items() if value) or "no team, service or category"


def _life(found: StoredTicket, fact: Fact) -> Iterator[str]:
    yield f"opened {fact.opened_at:%Y-%m-%d %H:%M} UTC{', outside business hours' if fact.after_hours else ''}"
    for change in found.ticket.transitions:
        yield f"{change.at:%Y-%m-%d %H:%M} {change.field}: {change.old or 'none'} -> {change.new or 'none'}"
    yield f"resolved {fact.resolved_at:%Y-%m-%d %H:%M} UTC" if fact.resolved_at else "not resolved"
    yield f"hours {fact.seconds / HOUR:.2f}, {fact.hours_are}; history: {fact.history_is}"
    loops = {
        "reopens": fact.reopens, "handoffs": fact.handoffs, "ping-pong strict": fact.pingpong_strict,
        "ping-pong loose": fact.pingpong_loose, "stall loops": fact.stall_loops,
    }  # fmt: skip
    yield ", ".join(f"{name} {'not known' if times is None else times}" for name, times in loops.items())


def _of_family(fact: Fact, family: Family | None, episode: int) -> Iterator[str]:
    if family is None:
        yield "none: only reactive tickets belong to families" if not fact.is_reactive else "none"
        return
    yield f"{family.name}: {family.title}"
    counted = f"{count(family.tickets, 'ticket')} in {count(family.rhythm.episodes, 'episode')}"
    yield f"{counted}; this one belongs to episode {episode}"
    yield "dismissed by a person" if family.is_dismissed else _cycle(family)


def _like(analyst: Analyst, found: StoredTicket, family: Family | None) -> Iterator[str]:
    """What a person might merge with the ticket's family."""
    if family is None:
        return
    asked = Asked(found.ticket, found.source, family.id)
    like = suggestions(analyst.database, asked)
    if like:
        yield from (
            "",
            "Like it, and not joined",
            *(f"{one.name} ({count(one.tickets, 'ticket')}): {one.title}" for one in like),
        )


def _cycle(family: Family) -> str:
    if not family.is_cycle:
        return "no cycle: that takes 3 episodes over 14 days"
    return "an endless cycle" if family.is_endless else "a cycle, but not an endless one"


def _ticket(analyst: Analyst, name: str) -> StoredTicket:
    source, colon, rest = name.partition(":")
    found = reader.by_name(analyst.database, rest if colon else name)
    found = [one for one in found if not colon or one.source == source.lower()]
    if not found:
        raise UnknownName(f"no ticket has the key or id '{name}'")
    if len(found) > 1:
        choice = ", ".join(f"{one.source}:{one.ticket.key}" for one in found)
        raise UnknownName(f"several tickets are called '{name}': say which one: {choice}")
    return found[0]


def _family(analyst: Analyst, name: str) -> Family:
    with analyst.database.read() as connection:
        found = families.by_name(connection, name)
    if found is None:
        raise UnknownName(
            f"no family is called '{name}'; treadmill report lists the cycles, explain names a ticket's own"
        )
    return found


def _root(analyst: Analyst, family: Family) -> str:
    """The id of the ticket that names a family."""
    with analyst.database.read() as connection:
        return facts.id_of_mark(connection, family.name)


def _placed(analyst: Analyst, numbers: Sequence[int]) -> dict[int, int | None]:
    with analyst.database.read() as connection:
        store = FactStore(analyst.database, reader.source_names(analyst.database))
        found: dict[int, Placed] = store.read(connection, numbers)
    return {number: placed.family_id for number, placed in found.items()}
