"""Labelled tickets of the bench, and other tickets of known nature, in the form that the classifier takes."""

import gzip
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import NamedTuple

from connectors.model import Kind, Link, Relation, Ticket
from connectors.servicenow.mapping import KINDS
from connectors.words import kind_of
from service.analysis.classify import NATURE, Rules, parse_rules
from service.analysis.classify.labelled_tickets import LabelledTicket, parse_labelled
from service.demo.record import SimulatedTicket
from service.demo.simulation import simulate
from service.demo.truth import is_reopened

SHARED = Path(__file__).parents[2] / "shared" / "data"
SETS = ("nlbse_train", "bookkeeper", "servicenow_small")
DESK_TITLES = Path(__file__).parent / "desk_titles"
AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
RELATIONS: dict[str, Relation] = {"duplicate": "duplicate_of"}


class PlantedTicket(NamedTuple):
    """A ticket of the simulated company, its source, and its true nature and class."""

    ticket: Ticket
    source: str
    truth: LabelledTicket


def shipped() -> Rules:
    """Return the rules that ship with the product."""
    return parse_rules(files("config").joinpath("rules.toml").read_text(encoding="utf-8"), "rules.toml")


def read(name: str) -> list[LabelledTicket]:
    """Return a set of labelled tickets."""
    with gzip.open(SHARED / "labels" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return parse_labelled(lines, name)


def desk_titles(name: str) -> list[LabelledTicket]:
    """Return titles of a service desk in four languages: those `seen` when words were added, or the `unseen`."""
    return parse_labelled((DESK_TITLES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines(), name)


def without_kind(tickets: Sequence[LabelledTicket]) -> list[LabelledTicket]:
    """Return tickets with their text alone."""
    return with_kind(tickets, "other")


def with_kind(tickets: Sequence[LabelledTicket], kind: Kind) -> list[LabelledTicket]:
    """Return tickets with another kind."""
    return [labelled._replace(ticket=_with_kind(labelled.ticket, kind)) for labelled in tickets]


def misfiled(tickets: Sequence[LabelledTicket], share: float, dice: Random) -> list[LabelledTicket]:
    """Return tickets with the kind of their nature, but a share of the reactive ones as features."""
    reactive = [place for place, labelled in enumerate(tickets) if labelled.nature == "reactive"]
    wrong = set(dice.sample(reactive, round(len(reactive) * share)))
    kinds: list[Kind] = [
        "defect" if labelled.nature == "reactive" and place not in wrong else "feature"
        for place, labelled in enumerate(tickets)
    ]
    return [
        labelled._replace(ticket=_with_kind(labelled.ticket, kind))
        for labelled, kind in zip(tickets, kinds, strict=True)
    ]


def company(seed: int) -> list[PlantedTicket]:
    """Return the tickets of the simulated company as its two systems would map them."""
    simulated = simulate(seed, AS_OF)
    return [
        PlantedTicket(ticket, system, LabelledTicket(ticket, NATURE[record.work_class], record.work_class))  # type: ignore[index,arg-type] # the scenario uses the words of WorkClass
        for system in ("jira", "servicenow")
        for record in simulated.records(system).values()
        for ticket in [_ticket(record)]
    ]


def replay_incidents() -> Iterator[Ticket]:
    """Yield the incidents of the replay, whose titles hold nothing but the names of categories."""
    with gzip.open(SHARED / "servicenow" / "incident.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            title = row["short_description"]
            yield _minimal_ticket(
                row["sys_id"], "incident", "incident", title if isinstance(title, str) else title["display"]
            )


def _with_kind(ticket: Ticket, kind: Kind) -> Ticket:
    return ticket.model_copy(update={"kind": kind, "source_kind": kind})


def _ticket(record: SimulatedTicket) -> Ticket:
    links = [Link(relation=RELATIONS.get(link.relation, link.relation), target=link.target.id) for link in record.links]  # type: ignore[arg-type] # the rest are words of Relation
    kind = KINDS[record.kind] if record.system == "servicenow" else kind_of(record.kind)
    ticket = _minimal_ticket(record.id, kind, record.kind, record.title, record.description)
    # Without its history a reopened ticket would look untouched: the counter stands for it, as in real exports.
    changes = {
        "change_type": record.change_type or None,
        "links": tuple(links),
        "reopen_count": int(is_reopened(record)),
    }
    return ticket.model_copy(update=changes)


def _minimal_ticket(id_: str, kind: Kind, source_kind: str, title: str, description: str = "") -> Ticket:
    return Ticket(
        id=id_,
        key=id_,
        kind=kind,
        source_kind=source_kind,
        title=title,
        description=description,
        status="",
        status_category="new",
        opened_at=AS_OF,
        updated_at=AS_OF,
        history_is="counter",
    )
