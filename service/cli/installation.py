"""Commands on the installation: what there is, and whether it works."""

import asyncio
from enum import StrEnum
from typing import Annotated

import typer

from config import catalogue
from connectors import registry
from service import __version__
from service.cli.configuration import configured
from service.cli.exit_codes import exit_by
from service.cli.options import AsJson, Names
from service.cli.output import print_json
from service.monitoring import check as checking
from service.runtime import app


class SettingsFormat(StrEnum):
    """What the list of settings can be written as."""

    TEXT = "text"
    ENV = "env"
    JSON = "json"


def check(names: Names = None, as_json: AsJson = False) -> None:
    """Checks settings, database and sources, and changes nothing."""
    configuration = configured()
    chosen = configuration.chosen(names or ())
    findings = [checking.database(configuration.settings.database_url.get_secret_value())]
    findings += asyncio.run(checking.all_sources(chosen))
    if as_json:
        print_json([finding.as_dict() for finding in findings])
    else:
        typer.echo("\n".join(map(checking.as_text, findings)))
    exit_by([finding.is_well for finding in findings[1:]] if findings[0].is_well else [False])


def migrate() -> None:
    """Brings the database up to date; `run` and `sync` do it too."""
    database = app.open_store(configured().settings)
    typer.echo(f"{database.safe_url} is up to date")


def connectors() -> None:
    """Lists the connectors that are installed."""
    for name, point in registry.installed().items():
        typer.echo(f"{name:<14} {point.value}")


def settings(form: Annotated[SettingsFormat, typer.Option("--format")] = SettingsFormat.TEXT) -> None:
    """Lists every variable with type, default and meaning."""
    of_sources = {name: catalogue.of_source(model) for name, model in app.connector_settings().items()}
    if form is SettingsFormat.ENV:
        typer.echo(catalogue.env_example(of_sources), nl=False)
    elif form is SettingsFormat.JSON:
        print_json(catalogue.as_dicts(of_sources))
    else:
        typer.echo(catalogue.as_text(of_sources))


def version() -> None:
    """Prints the version."""
    typer.echo(__version__)
