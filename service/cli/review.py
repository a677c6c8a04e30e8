"""The command that lists what a person should look at, and takes answers about the audit sample."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from service.analysis.formatting import number
from service.cli.analyst import open_analyst, open_editor
from service.cli.configuration import load_configuration
from service.cli.options import AsJson
from service.cli.output import print_json, print_lines, print_text
from service.pipeline import audit_sample, corrections, pair_answers
from service.pipeline.analyst import Analyst
from service.pipeline.audit_sample import SampleTicket
from service.pipeline.corrections import UnknownName
from service.pipeline.likely_pairs import LikelyPair, PairQueue
from service.pipeline.pair_answers import Answer
from service.store.queries.review import ReviewTicket

MOST_TICKETS, MOST_OF_SAMPLE, MOST_PAIRS = 50, 60, 100
SAMPLE_ANSWERS = {"same": True, "different": False}
PAIR_ANSWERS: Mapping[str, Answer] = {"same": "same", "not": "not", "later": "later"}
WITHDRAWN = "open"


def review(
    *,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Number of tickets to list; 50 by default, of the audit sample 60, of pairs 100."),
    ] = None,
    tickets: Annotated[
        bool, typer.Option("--tickets", help="List tickets whose class is in doubt; the default.")
    ] = False,
    sample: Annotated[bool, typer.Option("--sample", help="List the audit sample: random tickets to judge.")] = False,
    pairs: Annotated[bool, typer.Option("--pairs", help="List pairs of tickets that may be the same problem.")] = False,
    judge: Annotated[
        Path | None,
        typer.Option(
            "--judge",
            metavar="FILE",
            help="Take answers: lines of TICKET and same, different or open about the sample, "
            "of TICKET TICKET and same, not, later or open about pairs.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List what a person should look at: tickets whose class is in doubt, likely pairs, or the audit sample."""
    if tickets + sample + pairs > 1:
        raise typer.BadParameter("--tickets, --sample and --pairs are lists of their own: name one")
    if judge is not None and not (sample or pairs):
        raise typer.BadParameter("--judge takes answers about the sample or about pairs: add --sample or --pairs")
    configuration = load_configuration()
    if judge is not None:
        _take_answers(open_editor(configuration), judge, about_pairs=pairs)
        return
    analyst = open_analyst(configuration)
    analyst.analyse()
    if sample:
        _print_sample(analyst, limit or MOST_OF_SAMPLE, as_json=as_json)
    elif pairs:
        _print_pairs(analyst, limit or MOST_PAIRS, as_json=as_json)
    else:
        _print_tickets(analyst, limit or MOST_TICKETS, as_json=as_json)


def _print_tickets(analyst: Analyst, limit: int, *, as_json: bool) -> None:
    tickets = corrections.review_list(analyst, limit)
    if as_json:
        print_json([asdict(ticket) for ticket in tickets])
    else:
        print_lines(map(_as_line, tickets), "no tickets to review")


def _print_sample(analyst: Analyst, limit: int, *, as_json: bool) -> None:
    tickets = audit_sample.to_judge(analyst, limit)
    if as_json:
        print_json([_as_document(ticket) for ticket in tickets])
    else:
        print_lines((line for ticket in tickets for line in _as_lines(ticket)), "nothing is left to judge")


def _print_pairs(analyst: Analyst, limit: int, *, as_json: bool) -> None:
    likely = PairQueue(analyst).pairs(limit)
    if as_json:
        print_json([_as_pair_document(pair) for pair in likely])
    else:
        print_lines((line for pair in likely for line in _as_pair_lines(pair)), "no pairs to review")


def _as_document(ticket: SampleTicket) -> dict[str, object]:
    return asdict(ticket) | {"earlier": [shown._asdict() for shown in ticket.earlier]}


def _as_pair_document(pair: LikelyPair) -> dict[str, object]:
    earlier, later = pair.tickets
    return {"a": earlier.id, "b": later.id, **asdict(pair)}


def _take_answers(analyst: Analyst, path: Path, *, about_pairs: bool) -> None:
    """Take the answers of a file: all, or none where a line is no answer or names no ticket."""
    analyst.analyse()
    answers = _answers(path, PAIR_ANSWERS, tickets=2) if about_pairs else _answers(path, SAMPLE_ANSWERS, tickets=1)
    given = list(answers)
    for place, names, _ in given:
        _verify(analyst, names, f"{path}, line {place}", about_pairs=about_pairs)
    for _, names, answer in given:
        text = _answer_about_pair(analyst, names, answer) if about_pairs else _answer_about(analyst, names[0], answer)
        print_text(text)
    analyst.analyse()


def _answer_about_pair(analyst: Analyst, names: Sequence[str], answer: str) -> str:
    if answer == WITHDRAWN:
        return pair_answers.take_back(analyst, names)
    return pair_answers.answer(analyst, names, PAIR_ANSWERS[answer])


def _verify(analyst: Analyst, names: Sequence[str], place: str, *, about_pairs: bool) -> None:
    try:
        if about_pairs:
            pair_answers.verify(analyst, names)
        else:
            corrections.ticket_named(analyst, names[0])
    except UnknownName as problem:
        raise UnknownName(f"{place}: {problem}") from problem


def _answer_about(analyst: Analyst, name: str, answer: str) -> str:
    if answer == WITHDRAWN:
        return audit_sample.take_back(analyst, name)
    return audit_sample.judge(analyst, name, same=SAMPLE_ANSWERS[answer])


def _answers(path: Path, answers: Mapping[str, object], *, tickets: int) -> Iterator[tuple[int, Sequence[str], str]]:
    """Yield (line, tickets, answer) of every line that is not empty. Raises BadParameter where one is no answer."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise typer.BadParameter(f"{path} cannot be read: {problem}") from None
    for place, line in enumerate(lines, 1):
        if not line.strip():
            continue
        # Tabs part names that hold spaces.
        *names, answer = line.strip().rsplit(maxsplit=1) if tickets == 1 else line.split("\t" if "\t" in line else None)
        if len(names) != tickets or answer not in (*answers, WITHDRAWN):
            form = f"{' '.join(['TICKET'] * tickets)} and {', '.join(answers)} or {WITHDRAWN}"
            raise typer.BadParameter(f"{path}, line {place}: '{line.strip()}' must be {form}")
        yield place, names, answer


def _as_line(ticket: ReviewTicket) -> str:
    """Return a ticket of the review list as a line."""
    contradiction = f", against its kind ({ticket.own_nature})" if ticket.contradicts else ""
    work_class = ticket.work_class if ticket.work_class == ticket.likeliest else f"most likely {ticket.likeliest}"
    decision = f"{ticket.nature}, {work_class}, {number(ticket.confidence, 'ratio')}{contradiction}"
    return f"{ticket.key:<16} {decision}, by {ticket.decided_by}: {ticket.title[:70]}"


def _as_lines(ticket: SampleTicket) -> Iterator[str]:
    """Yield a ticket of the sample with what it is compared with."""
    comparison = "same problem as" if ticket.question == "repeat" else "same problem as any of"
    yield f"{ticket.source}:{ticket.key} {ticket.title[:70]} - {comparison}:"
    for shown in ticket.earlier:
        yield f"    {shown.key:<16} {shown.title[:70]}"


def _as_pair_lines(pair: LikelyPair) -> Iterator[str]:
    """Yield the tickets of a likely pair, each with its family."""
    closed = ", one closed as a duplicate" if pair.marked else ""
    yield f"{pair.source}, likeness {number(pair.probability, 'ratio')}{closed}:"
    for ticket in pair.tickets:
        yield f"    {ticket.key:<16} {ticket.family} {ticket.opened_at:%Y-%m-%d} {ticket.title[:70]}"
