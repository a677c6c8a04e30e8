"""Commands by which a person decides the class of tickets."""

from dataclasses import asdict
from typing import Annotated, cast, get_args

import typer

from service.analysis.classify import Override
from service.analysis.fact import Nature, WorkClass
from service.analysis.formatting import number
from service.cli.analyst import open_analyst
from service.cli.configuration import load_configuration
from service.cli.options import AsJson, TicketName
from service.cli.output import print_json
from service.pipeline import corrections, explanation
from service.store.queries.review import ReviewTicket


def label(
    ticket: TicketName,
    nature: Annotated[str | None, typer.Argument(help="reactive or proactive.")] = None,
    work_class: Annotated[str | None, typer.Option("--class", help="The work class, where you know it.")] = None,
    forget: Annotated[bool, typer.Option("--forget", help="Take the word on this ticket back.")] = False,
) -> None:
    """Keeps a person's word on the nature of a ticket, or takes it back; it stands above every rule."""
    if forget and (nature or work_class):
        raise typer.BadParameter("--forget takes neither nature nor class")
    word = None if forget else _word(nature, work_class)
    analyst = open_analyst(load_configuration())
    typer.echo(corrections.label(analyst, ticket, word) if word else corrections.forget(analyst, ticket))
    analyst.analyse()


def review(limit: Annotated[int, typer.Option(help="How many to list.")] = 50, as_json: AsJson = False) -> None:
    """Lists the tickets that a person should label: those in doubt, and those that contradict their kind."""
    analyst = open_analyst(load_configuration())
    analyst.analyse()
    found = corrections.review_list(analyst, limit)
    if as_json:
        print_json([asdict(one) for one in found])
    else:
        typer.echo("\n".join(map(_as_line, found)) or "nothing is in doubt")


def explain(ticket: TicketName) -> None:
    """Prints the life of a ticket, its class and why, its family, episode and loops."""
    analyst = open_analyst(load_configuration())
    analyst.analyse()
    typer.echo(explanation.explain(analyst, ticket))


def _word(nature: str | None, work_class: str | None) -> Override:
    """What a person says, as far as it holds together. Raises BadParameter."""
    if nature is None:
        raise typer.BadParameter("say what it is, reactive or proactive, or --forget")
    if nature not in get_args(Nature):
        raise typer.BadParameter(f"'{nature}' must be one of {', '.join(get_args(Nature))}")
    if work_class is not None and work_class not in get_args(WorkClass):
        raise typer.BadParameter(f"'{work_class}' must be one of {', '.join(get_args(WorkClass))}")
    try:
        return Override(cast(Nature, nature), cast(WorkClass | None, work_class))
    except ValueError as problem:
        raise typer.BadParameter(str(problem)) from None


def _as_line(ticket: ReviewTicket) -> str:
    """Return a ticket of the review list as a line."""
    against = f", against its kind ({ticket.own_nature})" if ticket.contradicts else ""
    decision = f"{ticket.nature}, {ticket.work_class}, {number(ticket.confidence, 'ratio')}{against}"
    return f"{ticket.key:<16} {decision}, by {ticket.decided_by}: {ticket.title[:70]}"
