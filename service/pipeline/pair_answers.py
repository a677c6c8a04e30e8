"""Answers of people about likely pairs: stored, taken back, and what they settle."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from service.pipeline.analyst import Analyst, utc_now
from service.pipeline.corrections import UnknownName, ticket_named
from service.store.queries.pair_answers import answered_pairs, common_family
from service.store.results import feedback
from service.store.tickets.reader import StoredTicket

Answer = Literal["same", "not", "later"]
CONFIRMATIONS: dict[Answer, str] = {
    "same": "are the same problem",
    "not": "are not the same problem",
    "later": "will be asked about again in a week",
}


def answer(analyst: Analyst, names: Sequence[str], given: Answer) -> str:
    """Store an answer about two tickets in place of an earlier one, and return the confirmation. Raises UnknownName."""
    first, second = _pair_named(analyst, names)
    is_changed = _delete_answers(analyst, first, second)
    family = None if is_changed else _common_family(analyst, first, second)
    if given != "same" and family is not None:
        keys = f"{first.ticket.key} and {second.ticket.key}"
        raise UnknownName(f"{keys} are one problem already: treadmill cycles split {family} TICKET parts them")
    ids = (first.ticket.id, second.ticket.id)
    feedback.add_correction(analyst.database, given, first.source_id, ids, at=utc_now())
    return f"{first.ticket.key} and {second.ticket.key} {CONFIRMATIONS[given]}"


def take_back(analyst: Analyst, names: Sequence[str]) -> str:
    """Delete the answer about two tickets and return the confirmation. Raises UnknownName."""
    first, second = _pair_named(analyst, names)
    if not _delete_answers(analyst, first, second):
        raise UnknownName(f"nobody has answered about {first.ticket.key} and {second.ticket.key}")
    return f"{first.ticket.key} and {second.ticket.key} are to be asked about again"


def verify(analyst: Analyst, names: Sequence[str]) -> None:
    """Raise UnknownName unless these are the names of two tickets of one source."""
    _pair_named(analyst, names)


def count_answers(analyst: Analyst) -> Counter[str]:
    """Return how many answers of each kind there are."""
    with analyst.database.read() as connection:
        return Counter(record.what for record in answered_pairs(connection))


def _pair_named(analyst: Analyst, names: Sequence[str]) -> tuple[StoredTicket, StoredTicket]:
    if len(names) != 2:
        raise UnknownName(f"a pair is two tickets, not {len(names)}")
    first, second = (ticket_named(analyst, name) for name in names)
    if first.source_id != second.source_id:
        raise UnknownName("tickets of different sources are never the same problem: name two of one source")
    if first.ticket.id == second.ticket.id:
        raise UnknownName(f"{first.ticket.key} is one ticket: name two")
    return first, second


def _common_family(analyst: Analyst, first: StoredTicket, second: StoredTicket) -> str | None:
    """Return the name of the family that two tickets are in; None where they are in two, or in none."""
    with analyst.database.read() as connection:
        return common_family(connection, first.number, second.number)


def _delete_answers(analyst: Analyst, first: StoredTicket, second: StoredTicket) -> bool:
    """Delete the answers about two tickets; False if there are none."""
    pair = {first.ticket.id, second.ticket.id}
    with analyst.database.read() as connection:
        answers = [
            record for record in answered_pairs(connection)
            if record.source_id == first.source_id and set(record.external_ids) == pair
        ]  # fmt: skip
    for record in answers:
        feedback.delete_correction(analyst.database, record)
    return bool(answers)
