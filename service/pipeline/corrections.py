"""Corrections that people make: labels of tickets, families merged, split or dismissed, fixes declared."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from service.analysis.classify import Override
from service.pipeline.analyst import Analyst, utc_now
from service.store.queries import review
from service.store.queries.review import ReviewTicket
from service.store.results import facts, families, feedback
from service.store.results.facts import FactStore
from service.store.results.families import Family
from service.store.results.feedback import DescribedCorrection
from service.store.tickets import reader
from service.store.tickets.reader import StoredTicket


class UnknownName(ValueError):
    """No ticket or family has this name, or several have; the text says what to do."""


class FutureFix(ValueError):
    """A fix of a day that has not begun cannot be declared."""


def label(analyst: Analyst, name: str, override: Override) -> str:
    """Store a person's label of a ticket and return the confirmation. Raises UnknownName."""
    stored = ticket_named(analyst, name)
    feedback.save_label(analyst.database, stored.source_id, stored.ticket.id, override, utc_now())
    work_class = f", class {override.work_class}" if override.work_class else ""
    return f"{stored.ticket.key} is {override.nature}{work_class}, as labelled by a person"


def forget(analyst: Analyst, name: str) -> str:
    """Delete the label of a ticket and return the confirmation. Raises UnknownName."""
    stored = ticket_named(analyst, name)
    if not feedback.delete_label(analyst.database, stored.source_id, stored.ticket.id):
        raise UnknownName(f"nobody has labelled {stored.ticket.key}")
    return f"{stored.ticket.key} is decided by the rules again"


def merge(analyst: Analyst, names: Sequence[str]) -> str:
    """Make one family of several and return the confirmation. Raises UnknownName."""
    if len(names) < 2:
        raise UnknownName("merge needs two families or more: treadmill cycles merge FAMILY FAMILY")
    merged = [family_named(analyst, name) for name in names]
    if len({family.source_id for family in merged}) > 1:
        raise UnknownName("families of different sources cannot be merged")
    roots = [_root(analyst, family) for family in merged]
    feedback.add_correction(analyst.database, "merge", merged[0].source_id, roots, at=utc_now())
    return f"merged {', '.join(family.name for family in merged)}"


def split(analyst: Analyst, names: Sequence[str]) -> str:
    """Move tickets of a family into one of their own and return the confirmation. Raises UnknownName.

    `names` begins with the family; the tickets follow.
    """
    family, tickets = family_named(analyst, names[0]), [ticket_named(analyst, name) for name in names[1:]]
    family_of = _family_of(analyst, [stored.number for stored in tickets])
    strangers = [stored.ticket.key for stored in tickets if family_of.get(stored.number) != family.id]
    if strangers or not tickets:
        wrong = f"{', '.join(strangers)} not in {family.name}" if strangers else "no ticket named"
        raise UnknownName(f"{wrong}: name the tickets that are to leave {family.name}")
    ids = [stored.ticket.id for stored in tickets]
    feedback.add_correction(analyst.database, "split", family.source_id, ids, at=utc_now())
    return f"split {', '.join(stored.ticket.key for stored in tickets)} off {family.name}"


def dismiss(analyst: Analyst, names: Sequence[str]) -> str:
    """Mark a family as no trouble and return the confirmation. Raises UnknownName."""
    family = family_named(analyst, names[0])
    feedback.add_correction(analyst.database, "dismiss", family.source_id, [_root(analyst, family)], at=utc_now())
    return f"dismissed {family.name}: it no longer counts as a cycle and makes no repeats"


def fix(analyst: Analyst, name: str, at: datetime) -> str:
    """Declare a fix of a family and return the confirmation. Raises UnknownName, and FutureFix for a later moment."""
    if at > utc_now():
        raise FutureFix(
            f"{at.astimezone(analyst.settings.zone):%Y-%m-%d} is in the future: declare a fix once it is made"
        )
    family = family_named(analyst, name)
    feedback.add_correction(
        analyst.database, "fix", family.source_id, [_root(analyst, family)], at=utc_now(), fixed_at=at
    )
    return f"declared a fix of {family.name} at {at.isoformat()}"


def listed(analyst: Analyst, name: str | None = None) -> list[DescribedCorrection]:
    """Return the corrections of all families, or of one, the latest first. Raises UnknownName."""
    family = None if name is None else family_named(analyst, name).name
    with analyst.database.read() as connection:
        every = feedback.described_corrections(connection)
    return [correction for correction in every if family is None or family in correction.families]


def undo(analyst: Analyst, number: int, name: str | None = None) -> str:
    """Delete a correction, of the family `name` where given, and return it as a line. Raises UnknownName."""
    correction = next((entry for entry in listed(analyst, name) if entry.record.id == number), None)
    if correction is None:
        raise UnknownName(f"no correction has the number {number}; treadmill cycles words lists them")
    feedback.delete_correction(analyst.database, correction.record)
    return f"undone: {as_line(correction, analyst.settings.zone)}"


def as_line(correction: DescribedCorrection, zone: ZoneInfo) -> str:
    """Return a correction of families as a line: number, day, action, tickets, and the families they are in now."""
    word = correction.record
    # Tickets may have moved on, or be gone, since the correction was made.
    tickets, names = ", ".join(correction.keys) or "no ticket", ", ".join(correction.families) or "no family"
    action = f"fix on {word.fixed_at.astimezone(zone):%Y-%m-%d}" if word.fixed_at else word.what
    return f"{word.id:>4} {word.at.astimezone(zone):%Y-%m-%d} {action:<17} {tickets} in {names}"


def review_list(analyst: Analyst, limit: int) -> list[ReviewTicket]:
    """Return the tickets that a person should label: the least certain, then those that contradict their kind."""
    with analyst.database.read() as connection:
        return review.review_list(connection, limit)


def ticket_named(analyst: Analyst, name: str) -> StoredTicket:
    """Return the ticket with this key or id, which `SOURCE:` may precede. Raises UnknownName."""
    source, colon, rest = name.partition(":")
    matches = reader.by_name(analyst.database, rest if colon else name)
    # Two sources may use the same key: the name alone must then not decide which of them is changed.
    matches = [stored for stored in matches if not colon or stored.source == source.lower()]
    if not matches:
        raise UnknownName(f"no ticket has the key or id '{name}'")
    if len(matches) > 1:
        choice = ", ".join(f"{stored.source}:{stored.ticket.key}" for stored in matches)
        raise UnknownName(f"several tickets are called '{name}': name one of {choice}")
    return matches[0]


def family_named(analyst: Analyst, name: str) -> Family:
    """Return the family with this name, a former one included. Raises UnknownName."""
    with analyst.database.read() as connection:
        family = families.by_name(connection, name)
    if family is None:
        raise UnknownName(
            f"no family is called '{name}'; treadmill report lists the cycles, explain names a ticket's own"
        )
    return family


def _root(analyst: Analyst, family: Family) -> str:
    """Return the id of the ticket that names a family."""
    # Corrections are stored by ticket: numbers of families do not survive a rebuild.
    with analyst.database.read() as connection:
        return facts.root_external_id(connection, family.name)


def _family_of(analyst: Analyst, numbers: Sequence[int]) -> dict[int, int | None]:
    with analyst.database.read() as connection:
        store = FactStore(analyst.database, reader.source_names(analyst.database))
        placed = store.read(connection, numbers)
    return {number: fact.family_id for number, fact in placed.items()}
