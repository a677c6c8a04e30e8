"""A small company in which everything collides: few words, few places, times close together."""

import itertools
import random
import shutil
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from pathlib import Path
from typing import Any

from sqlalchemy import delete

from config.settings import Settings
from connectors.model import Link, Relation, Ticket, Transition
from service.analysis.classify import Override
from service.pipeline.analysis import AnalysisSummary
from service.pipeline.analyst import Analyst
from service.store.database import Database
from service.store.results import cells, families, feedback, state
from service.store.results.facts import FactStore, StoredFact
from service.store.results.families import Family
from service.store.results.feedback import Correction
from service.store.tickets import census, sources
from service.store.tickets.privacy import PrivacyFilter
from service.store.tickets.tables import TicketRow, table_of
from service.store.tickets.writer import PageWriter
from tests.factory import assigned, moved, ticket

BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)  # a Monday
AS_OF = datetime(2026, 6, 1, 8, tzinfo=UTC)
MEANWHILE = BEGIN + timedelta(days=40)
"""A moment before which some of what a random world tells has not happened yet."""
TITLES = (
    "Mail gateway rejects attachment",
    "Mail gateway rejects attachment invoice",
    "Mail gateway rejects attachment invoice customer",
    "Mail gateway rejects attachment invoice customer scanner",
    "gateway rejects attachment invoice customer scanner",
    "Printer queue stuck on floor 3",
    "Printer queue stuck on floor 7 again",
    "Help",
)
"""The first five are alike in a chain: each with its neighbours, the first not with the last."""
KINDS = ("incident", "incident", "incident", "incident", "request", "change", "problem", "task")
RELATIONS: tuple[Relation, ...] = (
    "duplicate_of", "duplicated_by", "problem", "change", "caused_by", "causes", "fixed_by", "fixes", "parent",
    "related",
)  # fmt: skip
SOURCES = ("alpha", "beta")
SOON = timedelta(hours=1)


def opened(days: float) -> datetime:
    """Return the moment so many days after the beginning."""
    return BEGIN + timedelta(days=days)


def closed(ticket_: Ticket, after: float) -> Ticket:
    """Return the ticket, resolved so many hours after it was opened."""
    start = (ticket_.opened_at - moved(0, "New", "Active").at) / timedelta(hours=1)
    changes = (moved(start, "New", "Active", "ann"), moved(start + after, "Active", "Resolved", "ann"))
    return ticket_.model_copy(update=state_of(changes))


def state_of(changes: tuple[Transition, ...]) -> dict[str, Any]:
    """Return the fields of a ticket after these changes of status."""
    last = changes[-1]
    return {"transitions": changes, "status": last.new, "status_category": last.new_category}


@dataclass
class World:
    """Tickets as two systems hold them, written to a store as a sync would, and analysed."""

    database: Database
    settings: Settings = field(default_factory=Settings)
    as_of: datetime = AS_OF
    now: dict[tuple[str, str], Ticket] = field(default_factory=dict)
    _clock: datetime = AS_OF - timedelta(days=30)

    def __post_init__(self) -> None:
        self.numbers = {name: sources.register(self.database, name, "file", BEGIN).id for name in SOURCES}
        self._writer = PageWriter(self.database, PrivacyFilter("name", "store", b"a key of sixteen bytes"))

    def copy_to(self, folder: Path) -> "World":
        """Return a copy of this world with a store of its own; the one of this world is an SQLite file, and closed."""
        file = shutil.copy(str(self.database.url.database), folder)
        return replace(self, database=Database(f"sqlite:///{file}"), now=dict(self.now))

    @property
    def analyst(self) -> Analyst:
        return Analyst(self.database, self.settings)

    def write(self, *tickets: Ticket, source: str = "alpha") -> None:
        """Write tickets in the given version, as the newest."""
        self._clock += SOON / 60
        updated = [ticket_.model_copy(update={"updated_at": self._clock}) for ticket_ in tickets]
        page = self._writer.prepare(self.numbers[source], updated)
        with self.database.write() as connection:
            self._writer.write(connection, self.numbers[source], page)
        self.now |= {(source, ticket_.id): ticket_ for ticket_ in updated}

    def change(self, id_: str, source: str = "alpha", **changes: Any) -> None:
        self.write(self.now[source, id_].model_copy(update=changes), source=source)

    def remove(self, id_: str, source: str = "alpha") -> None:
        with self.database.write() as connection:
            census.mark_deleted(connection, self.database, self.numbers[source], [id_], self.as_of)

    def label(self, id_: str, nature: Any, source: str = "alpha") -> None:
        feedback.save_label(self.database, self.numbers[source], id_, Override(nature, None), self.as_of)

    def correct(self, what: feedback.Kind, *ids: str, source: str = "alpha", fixed_at: datetime | None = None) -> None:
        feedback.add_correction(self.database, what, self.numbers[source], ids, at=self.as_of, fixed_at=fixed_at)

    def delete_label(self, id_: str, source: str = "alpha") -> None:
        feedback.delete_label(self.database, self.numbers[source], id_)

    def corrections(self) -> list[Correction]:
        """Return the corrections that are not deleted."""
        with self.database.read() as connection:
            return feedback.corrections(connection)

    def delete_correction(self, correction: Correction) -> None:
        feedback.delete_correction(self.database, correction)

    def analyse(self, *, rebuild: bool = False) -> AnalysisSummary:
        return self.analyst.analyse(self.as_of, rebuild=rebuild)

    def clear(self) -> None:
        """Empty the store of tickets."""
        with self.database.write() as connection:
            state.clear_results(connection)
            connection.execute(delete(table_of(TicketRow)))
        self.now.clear()

    def facts(self, source: str = "alpha") -> dict[str, StoredFact]:
        """Return the stored facts of a source by the ids of their tickets."""
        store = FactStore(self.database, {number: name for name, number in self.numbers.items()})
        with self.database.read() as connection:
            stored_facts = store.read_after(connection, -1)
        return {stored.fact.id: stored for stored in stored_facts if stored.fact.source == source}

    def families(self, source: str = "alpha") -> set[frozenset[str]]:
        """Return the families of a source, each as the ids of its tickets."""
        by_family = defaultdict[int, set[str]](set)
        for id_, stored in self.facts(source).items():
            if stored.family_id is not None:
                by_family[stored.family_id].add(id_)
        return set(map(frozenset, by_family.values()))

    def family(self, id_: str, source: str = "alpha") -> Family:
        """Return the family of a ticket."""
        number = self.facts(source)[id_].family_id
        assert number is not None
        with self.database.read() as connection:
            return families.read(connection, [number])[number]

    def sums(self, dimension: str = "all", value: str = "") -> dict[str, int]:
        """Return the sums of all months of a scope."""
        with self.database.read() as connection:
            months = [cell.sums for *of, cell in cells.all_cells(connection, "month") if of == [dimension, value]]
        return {name: sum(month.get(name, 0) for month in months) for name in sorted({*itertools.chain(*months)})}


class RandomEvents:
    """Random events in a world, the same for the same seed."""

    def __init__(self, world: World, seed: int, tickets: int = 14) -> None:
        self.world = world
        self.dice = random.Random(seed)
        self._ids = [str(number) for number in range(tickets)]
        self.log: list[str] = []

    def happen(self) -> None:
        """Let one event happen, more often a common one."""
        events: Sequence[tuple[Callable[[str, str], None], int]] = (
            (self._arrive, 8), (self._reword, 4), (self._move, 4), (self._turn, 2), (self._go, 2), (self._link, 4),
            (self._unlink, 2), (self._hand, 1), (self._label, 1), (self._merge, 1), (self._split, 1),
            (self._dismiss, 1), (self._fix, 1), (self._undo, 3), (self._forget, 1), (self._wait, 2),
        )  # fmt: skip
        [event] = self.dice.choices([event for event, _ in events], [weight for _, weight in events])
        source = self.dice.choices(SOURCES, (4, 1))[0]
        id_ = self.dice.choice(self._ids)
        self.log.append(f"{event.__name__} {source} {id_}")
        if event == self._arrive or (source, id_) in self.world.now:
            event(source, id_)

    def _arrive(self, source: str, id_: str) -> None:
        """Let a ticket come: a new one, or another one altogether, or one that was deleted."""
        dice = self.dice
        arrival = ticket(
            id_,
            title=dice.choice(TITLES),
            kind=dice.choice(KINDS),
            service=dice.choice((None, "Mail", "Mail", "Print")),
            provider=dice.choice((None, "Northwind")),
            team=earlier.team if (earlier := self.world.now.get((source, id_))) else None,
            priority_level=dice.choice((None, 1, 3)),
            opened_at=opened(dice.randrange(0, 60) + dice.choice((0, 0, 0.5, 0.000004))),
            assignee=dice.choice((None, self._person())),
            hours_logged=dice.choice((None, None, None, 2.5)),
            links=self._links(dice.choice((0, 0, 0, 1, 2))),
            resolution_code=dice.choice((None, "Duplicate")),
        )
        self.world.write(self._with_history(arrival), source=source)

    def _with_history(self, sample_ticket: Ticket) -> Ticket:
        begun = (sample_ticket.opened_at - moved(0, "New", "Active").at) / SOON
        end = begun + self.dice.choice((1, 1.0001, 5, 30, 200))
        changes = [moved(begun, "New", "Active", "ann"), moved(end, "Active", "Resolved", self._person())]
        if self.dice.random() < 0.2:
            changes.append(moved(end + 10, "Resolved", "Active", "bob"))
        if self.dice.random() < 0.2:
            changes = changes[:1]
        state = state_of(tuple(changes)) | {"resolver": self._person()}
        if self.dice.random() < 0.3:
            handover = assigned(begun + self.dice.choice((0.5, 3, 20)), sample_ticket.assignee, self._person())
            changes = sorted([*changes, handover], key=attrgetter("at"))
            state |= {"transitions": tuple(changes), "assignee": handover.new}
        return sample_ticket.model_copy(update=state)

    def _person(self) -> str:
        return self.dice.choice(("ann", "bob", "eve"))

    def _links(self, count: int) -> tuple[Link, ...]:
        return tuple(
            Link(relation=self.dice.choice(RELATIONS), target=self.dice.choice(self._ids)) for _ in range(count)
        )

    def _reword(self, source: str, id_: str) -> None:
        self.world.change(id_, source, title=self.dice.choice(TITLES))

    def _move(self, source: str, id_: str) -> None:
        self.world.write(self._with_history(self.world.now[source, id_]), source=source)

    def _turn(self, source: str, id_: str) -> None:
        self.world.change(id_, source, kind=self.dice.choice(KINDS))

    def _go(self, source: str, id_: str) -> None:
        self.world.remove(id_, source)

    def _link(self, source: str, id_: str) -> None:
        links = self.world.now[source, id_].links
        self.world.change(id_, source, links=links + self._links(1))

    def _unlink(self, source: str, id_: str) -> None:
        self.world.change(id_, source, links=self.world.now[source, id_].links[1:])

    def _hand(self, source: str, id_: str) -> None:
        """Give a ticket a team: the first one of a source changes what all its tickets say of handoffs."""
        self.world.change(id_, source, team=self.dice.choice(("Messaging", "Workplace")))

    def _label(self, source: str, id_: str) -> None:
        self.world.label(id_, self.dice.choice(("reactive", "proactive")), source)

    def _merge(self, source: str, id_: str) -> None:
        self.world.correct("merge", id_, self.dice.choice(self._ids), source=source)

    def _split(self, source: str, id_: str) -> None:
        self.world.correct("split", *{id_, self.dice.choice(self._ids)}, source=source)

    def _dismiss(self, source: str, id_: str) -> None:
        self.world.correct("dismiss", id_, source=source)

    def _fix(self, source: str, id_: str) -> None:
        self.world.correct("fix", id_, source=source, fixed_at=opened(self.dice.randrange(0, 80)))

    def _undo(self, source: str, id_: str) -> None:
        """Delete any correction, of whatever ticket."""
        if corrections := self.world.corrections():
            self.world.delete_correction(self.dice.choice(corrections))

    def _forget(self, source: str, id_: str) -> None:
        self.world.delete_label(id_, source)

    def _wait(self, source: str, id_: str) -> None:
        self.world.as_of += timedelta(days=self.dice.choice((0, 1, 3, 10)))
