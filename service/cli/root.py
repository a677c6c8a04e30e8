"""The command line as a whole: the table of its commands, each loaded when it is named."""

import gc
import importlib
import os
import sys
from typing import Annotated, Any, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from service.cli.exit_codes import DEBUG, report_error

# The summaries repeat the docstrings, so that `treadmill --help` need not import every command; a test compares them.
COMMANDS = {
    "check": (
        "installation:check",
        "Check settings, database, key, sources and the URLs of notifications, and change nothing.",
    ),
    "sync": ("sync:sync", "Pull what changed in the sources once, and analyse it."),
    "census": (
        "sync:census",
        "Compare all ids with the sources: mark deleted tickets, pull missing ones, and analyse both.",
    ),
    "analyse": ("analysis:analyse", "Analyse what changed since the last analysis."),
    "learn": (
        "analysis:learn",
        "Train the classifier on the decided tickets, and classify all tickets again.",
    ),
    "run": ("serve:run", "Pull on schedule and serve the website; the container starts this."),
    "report": ("report:report", "Print the report on the stored tickets, or write it to a file."),
    "notify": (
        "report:notify",
        "Send new alerts to the URLs of TREADMILL_NOTIFY__URLS, and print the answer of each.",
    ),
    "label": (
        "feedback:label",
        "Label a ticket by hand, overriding every rule, or remove its label.",
    ),
    "inspect": (
        "inspect:inspect",
        "Show what files hold, how their columns would be read, and the variables to copy.",
    ),
    "review": (
        "review:review",
        "List what a person should look at: tickets whose class is in doubt, likely pairs, or the audit sample.",
    ),
    "evaluate": ("analysis:evaluate", "Measure the classifier against labelled tickets."),
    "explain": (
        "feedback:explain",
        "Print a ticket's history, its class with the reasons, its family, episode and loops.",
    ),
    "demo": (
        "serve:demo",
        "Show a simulated company, pulled through the real Jira and ServiceNow connectors, on a website of its own.",
    ),
    "migrate": ("installation:migrate", "Upgrade the database to this release; `run` and `sync` do this, too."),
    "connectors": ("reference:connectors", "List the installed connectors."),
    "settings": ("reference:settings", "List every setting with its type, default and meaning."),
    "version": ("reference:version", "Print the version."),
    "export": ("export:export", "Export stored data for other programs."),
    "cycles": ("cycles:cycles", "Correct how tickets are grouped."),
}


class LazyCommand(TyperCommand):
    """A command or a group of commands whose module is imported when it is called."""

    def __init__(self, name: str, target: str, summary: str) -> None:
        super().__init__(name, help=summary)
        self._target = target

    def load(self) -> Any:
        """Return the command itself."""
        module, _, attribute = self._target.partition(":")
        command = getattr(importlib.import_module(f"service.cli.{module}"), attribute)
        # One Typer around each: a group on its own would offer to install shell completion.
        app = typer.Typer(add_completion=False)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=self.name)
            return cast(TyperGroup, get_command(app)).commands[str(self.name)]
        app.command(self.name)(command)
        return get_command(app)

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

    def invoke(self, ctx: Any) -> Any:
        """Run the command that is named, and return its result."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as problem:
            # Typer reads choices by Pydantic, which begins every reason like this.
            problem.message = problem.message.removeprefix("Value error, ")
            raise


cli = typer.Typer(
    cls=LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Show whether IT support is running in endless cycles.",
)


@cli.callback()
def _options(
    _debug: Annotated[bool, typer.Option(DEBUG, help="Show tracebacks; works anywhere on the line.")] = False,
) -> None:
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
