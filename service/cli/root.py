"""The command line as a whole: all commands, and where it begins."""

import gc
import os
import sys
from typing import Annotated

import typer

from service.cli import analysis, feedback, installation, report, serve, sync
from service.cli.cycles import cycles
from service.cli.exit_codes import DEBUG, told
from service.cli.export import export

COMMANDS = (
    installation.check, sync.sync, sync.census, analysis.analyse, analysis.learn, serve.run,
    report.report, report.notify, feedback.label, feedback.review, analysis.evaluate, feedback.explain,
    serve.demo, installation.migrate, installation.connectors, installation.settings, installation.version,
)  # fmt: skip

cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Shows whether IT support is running in endless cycles.",
)
for command in COMMANDS:
    cli.command()(command)
cli.add_typer(export, name="export")
cli.add_typer(cycles, name="cycles")


@cli.callback()
def _options(_debug: Annotated[bool, typer.Option(DEBUG, help="Show tracebacks; may stand anywhere.")] = False) -> None:
    """Declares the options of all commands: `main` takes --debug out before they are read."""


def main() -> None:
    """What the console script calls: every error that an operator can act on is a sentence and an exit code."""
    arguments = [argument for argument in sys.argv[1:] if argument != DEBUG]
    os.umask(0o077)
    _collect_garbage_seldom()
    try:
        cli(arguments)
    except Exception as problem:
        if DEBUG in sys.argv:
            raise
        sys.exit(told(problem))


def _collect_garbage_seldom() -> None:
    """Parsed answers are many small objects without cycles: looking for some too often costs a fifth of a pull.

    Looking too seldom keeps what is left of each request, which is in cycles: then memory grows with the pull.
    """
    gc.freeze()
    gc.set_threshold(20_000, 5, 5)
