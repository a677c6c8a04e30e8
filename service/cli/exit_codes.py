"""How commands end: every error that an operator can act on is a sentence and an exit code."""

from collections.abc import Sequence

import typer

from config.environment import ConfigurationError
from service.analysis.classify import RulesError
from service.analysis.classify.labelled_tickets import LabelledFileError
from service.pipeline.corrections import UnknownName
from service.report import export_formats
from service.store.database import DatabaseError
from service.store.queries.scopes import ScopeError

FAILED, WRONG_USE, PARTLY = 1, 2, 3
DEBUG = "--debug"


def exit_by(went_well: Sequence[bool]) -> None:
    """Ends a command whose parts did not all go well."""
    if not all(went_well):
        raise typer.Exit(PARTLY if any(went_well) else FAILED)


def told(problem: Exception) -> int:
    """Says what went wrong; the exit code for it."""
    match problem:
        case ConfigurationError():
            told, code = [str(found) for found in problem.problems], WRONG_USE
        case RulesError() | LabelledFileError():
            told, code = list(problem.problems), WRONG_USE
        case ScopeError() | UnknownName() | typer.BadParameter():
            told, code = [str(problem)], WRONG_USE
        case DatabaseError() | export_formats.ExportError():
            told, code = [str(problem)], FAILED
        case BrokenPipeError():
            told, code = [], FAILED
        case OSError():
            told, code = [f"{problem.filename or ''} {problem.strerror or problem}".strip()], FAILED
        case _:
            told, code = [f"unexpected {type(problem).__name__}: {problem}. Run again with {DEBUG}."], FAILED
    for line in told:
        typer.echo(f"error: {line}", err=True)
    return code
