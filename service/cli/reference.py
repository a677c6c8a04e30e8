"""Commands that say what there is: the version, the connectors and the settings."""

from enum import StrEnum
from typing import Annotated

import typer

from connectors import registry
from service import __version__
from service.cli.output import print_json


class SettingsFormat(StrEnum):
    """A form in which the settings can be listed."""

    TEXT = "text"
    ENV = "env"
    JSON = "json"


def connectors() -> None:
    """List the installed connectors."""
    for name, point in registry.installed().items():
        typer.echo(f"{name:<14} {point.value}")


def settings(form: Annotated[SettingsFormat, typer.Option("--format")] = SettingsFormat.TEXT) -> None:
    """List every setting with its type, default and meaning."""
    from config import catalogue  # noqa: PLC0415 - pydantic is heavy, and the other commands do without

    by_connector = {name: catalogue.source_variables(registry.load_settings(name)) for name in registry.installed()}
    match form:
        case SettingsFormat.ENV:
            typer.echo(catalogue.as_env_file(by_connector), nl=False)
        case SettingsFormat.JSON:
            print_json(catalogue.as_dicts(by_connector))
        case SettingsFormat.TEXT:
            typer.echo(catalogue.as_text(by_connector))


def version() -> None:
    """Print the version."""
    typer.echo(__version__)
