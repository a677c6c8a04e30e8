"""The analysis of the configured store, as commands use it."""

from collections.abc import Iterator
from contextlib import contextmanager

from service.cli.options import end_of
from service.cli.output import print_text
from service.pipeline.analyst import Analyst
from service.runtime import app
from service.runtime.configuration import Configuration
from service.store.queries.impossible import named_times
from service.store.queries.scopes import parse_scope, verify_scope
from service.store.queries.snapshot import Snapshot
from service.store.results import cells


def open_analyst(configuration: Configuration) -> Analyst:
    """Return the analysis of the configured store. Raises DatabaseError."""
    return app.open_analyst(configuration.settings)


def open_editor(configuration: Configuration) -> Analyst:
    """Return the analysis of the configured store, for changes that the audit trail names the user for."""
    return app.open_editor(configuration.settings)


@contextmanager
def open_snapshot(configuration: Configuration, scope_name: str, as_of: str) -> Iterator[Snapshot]:
    """Yield the snapshot of a scope as of the end of a day or an instant, both as the options name them.

    Raises UnknownScope where the store has tickets, and none belongs to the scope.
    """
    scope, at = parse_scope(scope_name), end_of(as_of, configuration.settings.zone)
    analyst = open_analyst(configuration)
    with named_times(analyst.database), analyst.snapshot(scope, at) as snapshot:
        with snapshot.results.read() as connection:
            if cells.scope_id(connection, "all", "") is not None:
                verify_scope(connection, scope)
            else:
                # The report itself says what to do. In another directory, however, it is another database.
                print_text(f"{analyst.database.safe_url} holds no analysed ticket.", err=True)
        yield snapshot
