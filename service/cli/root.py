"""The command line as a whole: the table of its commands, each loaded when it is named."""

import gc
import importlib
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from service.cli.exit_codes import DEBUG, report_error

# The summaries repeat the docstrings, so that `treadmill --help` need not import every command; a test compares them.
COMMANDS = {
    "check": ("installation:check", "Checks settings, database and sources, and changes nothing."),
    "sync": ("sync:sync", "Pulls once what has changed in the sources, and analyses it."),
    "census": (
        "sync:census",
        "Compares all ids with the sources: marks what is gone, pulls what is missing, and analyses that.",
    ),
    "analyse": ("analysis:analyse", "Analyses what has changed since the last time."),
    "learn": (
        "analysis:learn",
        "Learns from the tickets that rules and persons have decided; all tickets are then classified anew.",
    ),
    "run": ("serve:run", "Pulls on schedule and serves the page; what the container starts."),
    "report": ("report:report", "Says what the stored tickets tell."),
    "notify": (
        "report:notify",
        "Sends what is new to the URLs of TREADMILL_NOTIFY__URLS, and says what each answered.",
    ),
    "label": (
        "feedback:label",
        "Keeps a person's word on the nature of a ticket, or takes it back; it stands above every rule.",
    ),
    "review": (
        "feedback:review",
        "Lists the tickets that a person should label: those in doubt, and those that contradict their kind.",
    ),
    "evaluate": ("analysis:evaluate", "Measures the classifier against labelled tickets."),
    "explain": (
        "feedback:explain",
        "Prints the life of a ticket, its class and why, its family, episode and loops.",
    ),
    "demo": (
        "serve:demo",
        "Shows a simulated company, pulled through the real Jira and ServiceNow connectors, on a page of its own.",
    ),
    "migrate": ("installation:migrate", "Brings the database up to date; `run` and `sync` do it too."),
    "connectors": ("reference:connectors", "Lists the connectors that are installed."),
    "settings": ("reference:settings", "Lists every variable with type, default and meaning."),
    "version": ("reference:version", "Prints the version."),
    "export": ("export:export", "Writes what is stored, for other programs."),
    "cycles": ("cycles:cycles", "Keeps a person's word on families, through every rebuild."),
}


class LazyCommand(TyperCommand):
    """A command or a group of commands whose module is imported when it is called."""

    def __init__(self, name: str, target: str, summary: str) -> None:
        super().__init__(name, help=summary)
        self._target = target

    def load(self) -> TyperCommand | TyperGroup:
        """Return the command itself."""
        module, _, attribute = self._target.partition(":")
        command = getattr(importlib.import_module(f"service.cli.{module}"), attribute)
        if not isinstance(command, typer.Typer):
            function, command = command, typer.Typer(add_completion=False)
            command.command(self.name)(function)
        loaded = get_command(command)
        assert isinstance(loaded, TyperCommand | TyperGroup)  # noqa: S101 - Typer makes no others
        return loaded

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Return the context of the command itself, which is the one that is then invoked."""
        command = self.load()
        _tune_garbage_collection()
        return command.make_context(info_name, args, parent=parent, **extra)


class LazyGroup(TyperGroup):
    """All commands of the table, none of them loaded."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        for name, (target, summary) in COMMANDS.items():
            self.add_command(LazyCommand(name, target, summary))


cli = typer.Typer(
    cls=LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Shows whether IT support is running in endless cycles.",
)


@cli.callback()
def _options(_debug: Annotated[bool, typer.Option(DEBUG, help="Show tracebacks; may stand anywhere.")] = False) -> None:
    """Declare the options of all commands: `main` takes --debug out before they are read."""


def main() -> None:
    """Run the command that the arguments name; an error that an operator can act on is a sentence and an exit code."""
    arguments = [argument for argument in sys.argv[1:] if argument != DEBUG]
    # What is written, tickets and secrets, is for its owner alone.
    os.umask(0o077)
    # Imports make many objects that stay: collecting meanwhile costs a tenth of the start.
    gc.disable()
    try:
        cli(arguments)
    except Exception as error:
        if DEBUG in sys.argv:
            raise
        sys.exit(report_error(error))
    finally:
        gc.enable()


def _tune_garbage_collection() -> None:
    # Modules and classes stay for good: frozen, they are never traversed again.
    gc.freeze()
    gc.enable()
    # Parsed answers are many small objects without cycles: collecting too often costs a fifth of a pull. Collecting
    # too seldom keeps what is left of each request, which is in cycles: then memory grows with the pull.
    gc.set_threshold(20_000, 5, 5)
