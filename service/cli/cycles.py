"""Commands that correct how tickets are grouped into families."""

from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from service.cli.analyst import open_analyst, open_editor
from service.cli.configuration import load_configuration
from service.cli.options import start_of
from service.cli.output import print_lines, print_text
from service.pipeline import corrections
from service.pipeline.analyst import Analyst

FAMILY = "Id of a family, as reports and pages show it."
FamilyName = Annotated[str, typer.Argument(metavar="FAMILY", help=FAMILY)]
cycles = typer.Typer(no_args_is_help=True, add_completion=False, help="Correct how tickets are grouped.")


@cycles.command()
def merge(
    families: Annotated[list[str], typer.Argument(metavar="FAMILY", help="Ids of two families or more.")],
) -> None:
    """Merge several families into one."""
    _correct(corrections.merge, families)


@cycles.command()
def split(
    family: FamilyName,
    tickets: Annotated[list[str], typer.Argument(metavar="TICKET", help="Keys or ids of its tickets to split off.")],
) -> None:
    """Split tickets off a family into a family of their own."""
    _correct(corrections.split, [family, *tickets])


@cycles.command()
def dismiss(family: FamilyName) -> None:
    """Dismiss a family: it is no longer a cycle, and its tickets are not repeats."""
    _correct(corrections.dismiss, [family])


@cycles.command()
def fix(
    family: FamilyName, day: Annotated[str, typer.Argument(metavar="DATE", help="Day of the fix, e.g. 2026-03-31.")]
) -> None:
    """Declare that the problem of a family was fixed on a day."""
    configuration = load_configuration()
    analyst = open_editor(configuration)
    print_text(corrections.fix(analyst, family, start_of(day, configuration.settings.zone)))
    analyst.analyse()


@cycles.command()
def words(
    family: Annotated[str | None, typer.Argument(metavar="FAMILY", help="Id of one family; all by default.")] = None,
) -> None:
    """List the corrections of all families, or of one, the newest first."""
    configuration = load_configuration()
    analyst, zone = open_analyst(configuration), configuration.settings.zone
    # First, because the list names the present families of the tickets.
    analyst.analyse()
    entries = corrections.listed(analyst, family)
    print_lines((corrections.as_line(entry, zone) for entry in entries), "no corrections")


@cycles.command()
def undo(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Number of the correction, as `words` shows it.")],
) -> None:
    """Undo one correction, as if it had never been made."""
    analyst = open_editor(load_configuration())
    print_text(corrections.undo(analyst, number))
    analyst.analyse()


def _correct(correction: Callable[[Analyst, Sequence[str]], str], names: Sequence[str]) -> None:
    analyst = open_editor(load_configuration())
    print_text(correction(analyst, names))
    analyst.analyse()
