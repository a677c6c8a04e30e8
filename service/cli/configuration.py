"""The configuration of a command, and the analysis that goes by it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from service.cli.options import moment
from service.monitoring import log
from service.pipeline.analyst import Analyst
from service.runtime import app
from service.runtime.app import Configuration
from service.store.queries.scopes import scope
from service.store.queries.snapshot import Snapshot


def configured(*, told_by_logs: bool = False) -> Configuration:
    """The configuration. A command that prints its result logs warnings only, unless a level was asked for."""
    configuration = app.configure(os.environ)
    wanted = configuration.settings.log
    level = wanted.level if told_by_logs or "level" in wanted.model_fields_set else "warning"
    log.configure(wanted.format, level)
    return configuration


def analyst_of(configuration: Configuration) -> Analyst:
    """The analysis of the configured store."""
    return Analyst(app.open_store(configuration.settings), configuration.settings)


@contextmanager
def looked(configuration: Configuration, scope_name: str, as_of: str) -> Iterator[Snapshot]:
    """A look at a scope, named as the options name it, as of the end of a day or an instant."""
    wanted, at = scope(scope_name), moment(as_of, configuration.settings.zone)
    with analyst_of(configuration).snapshot(wanted, at) as snapshot:
        yield snapshot
