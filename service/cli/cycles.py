"""Commands by which a person decides what families are."""

from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from service.cli.analyst import open_analyst
from service.cli.configuration import load_configuration
from service.cli.options import day as day_of
from service.pipeline import corrections
from service.pipeline.analyst import Analyst

cycles = typer.Typer(no_args_is_help=True, help="Keeps a person's word on families, through every rebuild.")


@cycles.command()
def merge(families: Annotated[list[str], typer.Argument(metavar="FAMILY FAMILY...")]) -> None:
    """Makes one family of several."""
    _say(corrections.merge, families)


@cycles.command()
def split(family: str, tickets: Annotated[list[str], typer.Argument(metavar="TICKET...")]) -> None:
    """Takes tickets out of a family and makes one of their own of them."""
    _say(corrections.split, [family, *tickets])


@cycles.command()
def dismiss(family: str) -> None:
    """Says that a family is no trouble: it is no cycle and makes no repeats."""
    _say(corrections.dismiss, [family])


@cycles.command()
def fix(family: str, day: Annotated[str, typer.Argument(metavar="DATE")]) -> None:
    """Declares that something was done on a day that is to end a family."""
    configuration = load_configuration()
    analyst = open_analyst(configuration)
    typer.echo(corrections.fix(analyst, family, day_of(day, configuration.settings.zone)))
    analyst.analyse()


@cycles.command()
def words(family: Annotated[str | None, typer.Argument()] = None) -> None:
    """Lists what persons have said of families, or of one family, the latest first."""
    configuration = load_configuration()
    analyst, zone = open_analyst(configuration), configuration.settings.zone
    analyst.analyse()
    found = corrections.listed(analyst, family)
    typer.echo("\n".join(corrections.as_line(one, zone) for one in found) or "nobody has said anything")


@cycles.command()
def undo(number: Annotated[int, typer.Argument(help="The number of the word, as `words` shows it.")]) -> None:
    """Takes one word back, as if it had never been said."""
    analyst = open_analyst(load_configuration())
    typer.echo(corrections.undo(analyst, number))
    analyst.analyse()


def _say(word: Callable[[Analyst, Sequence[str]], str], names: Sequence[str]) -> None:
    analyst = open_analyst(load_configuration())
    typer.echo(word(analyst, names))
    analyst.analyse()
