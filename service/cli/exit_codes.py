"""Exit codes: every error that an operator can act on ends as a sentence and a code."""

from collections.abc import Sequence

import typer

from service.analysis.printable import printable
from service.cli.output import print_text

FAILED, WRONG_USE, PARTLY = 1, 2, 3
DEBUG = "--debug"

# By name, since importing the classes would import the whole service before any command; a test resolves the names.
EXIT_CODES = {
    "config.environment.ConfigurationError": WRONG_USE,
    "service.analysis.classify.labelled_tickets.LabelledFileError": WRONG_USE,
    "service.analysis.classify.rules_file.RulesError": WRONG_USE,
    "service.pipeline.corrections.FutureFix": WRONG_USE,
    "service.pipeline.corrections.UnknownName": WRONG_USE,
    "service.store.queries.scopes.ScopeError": WRONG_USE,
    "service.store.queries.scopes.UnknownScope": FAILED,
    "service.store.queries.impossible.ImpossibleTime": FAILED,
    "service.report.export_formats.ExportError": FAILED,
    "service.store.errors.DatabaseError": FAILED,
}


def exit_by(successes: Sequence[bool]) -> None:
    """End a command whose parts did not all succeed."""
    if not all(successes):
        raise typer.Exit(PARTLY if any(successes) else FAILED)


def report_error(error: Exception) -> int:
    """Print what went wrong to standard error. Return the exit code."""
    lines, code = _explain(error)
    for line in lines:
        print_text(f"error: {printable(line)}", err=True)
    return code


def _explain(error: Exception) -> tuple[list[str], int]:
    """Return (a line for each problem, the exit code)."""
    for base in type(error).__mro__:
        code = EXIT_CODES.get(f"{base.__module__}.{base.__qualname__}")
        if code is not None:
            return [str(problem) for problem in getattr(error, "problems", [error])], code
    match error:
        case typer.BadParameter():
            return [str(error)], WRONG_USE
        # The reader of a pipe, e.g. head, has read enough.
        case BrokenPipeError():
            return [], FAILED
        case OSError():
            place = f"{error.filename}: " if error.filename else ""
            return [f"{place}{error.strerror or error}"], FAILED
    return [f"unexpected {type(error).__name__}: {error}. Run again with {DEBUG}."], FAILED
