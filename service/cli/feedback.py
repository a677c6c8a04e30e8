"""Commands about the class of single tickets."""

from typing import Annotated, cast, get_args

import typer

from service.analysis.classify import Override
from service.analysis.fact import Nature, WorkClass
from service.cli.analyst import open_analyst, open_editor
from service.cli.configuration import load_configuration
from service.cli.options import TicketName
from service.cli.output import print_text
from service.pipeline import corrections, explanation


def label(
    ticket: TicketName,
    nature: Annotated[
        str | None, typer.Argument(metavar="NATURE", help="reactive or proactive; left out with --forget.")
    ] = None,
    work_class: Annotated[
        str | None, typer.Option("--class", help=f"Work class, if it is clear: {', '.join(get_args(WorkClass))}.")
    ] = None,
    forget: Annotated[bool, typer.Option("--forget", help="Remove the label of this ticket.")] = False,
) -> None:
    """Label a ticket by hand, overriding every rule, or remove its label."""
    if forget and (nature or work_class):
        raise typer.BadParameter("--forget takes neither nature nor class")
    # Parsed before the database is opened: wrong use changes nothing.
    override = None if forget else _override(nature, work_class)
    analyst = open_editor(load_configuration())
    print_text(corrections.label(analyst, ticket, override) if override else corrections.forget(analyst, ticket))
    analyst.analyse()


def explain(ticket: TicketName) -> None:
    """Print a ticket's history, its class with the reasons, its family, episode and loops."""
    analyst = open_analyst(load_configuration())
    analyst.analyse()
    print_text(explanation.explain(analyst, ticket))


def _override(nature: str | None, work_class: str | None) -> Override:
    """Return the label of these words. Raises BadParameter when they are unknown or contradict each other."""
    if nature is None:
        raise typer.BadParameter("give a nature, reactive or proactive, or --forget")
    if nature not in get_args(Nature):
        raise typer.BadParameter(f"'{nature}' must be one of {', '.join(get_args(Nature))}")
    if work_class is not None and work_class not in get_args(WorkClass):
        raise typer.BadParameter(f"'{work_class}' must be one of {', '.join(get_args(WorkClass))}")
    try:
        return Override(cast(Nature, nature), cast(WorkClass | None, work_class))
    except ValueError as problem:
        raise typer.BadParameter(str(problem)) from None
