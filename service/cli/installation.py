"""Commands on the installation: the check, and the upgrade of the database."""

import asyncio

from service.cli.configuration import load_configuration
from service.cli.exit_codes import exit_by
from service.cli.options import AsJson, Names
from service.cli.output import print_json, print_text
from service.monitoring import check as checks
from service.store import schema


def check(names: Names = None, as_json: AsJson = False) -> None:
    """Check settings, database and sources, and change nothing."""
    configuration = load_configuration()
    sources = configuration.select(names or ())
    results = [checks.database(configuration.settings.database_url.get_secret_value())]
    results += asyncio.run(checks.all_sources(sources))
    if as_json:
        print_json([result.as_dict() for result in results])
    else:
        print_text("\n".join(map(checks.as_text, results)))
    # A database that cannot be used fails the check, whatever the sources say: nothing could be stored.
    exit_by([result.is_ok for result in results[1:]] if results[0].is_ok else [False])


def migrate() -> None:
    """Upgrade the database to this release; `run` and `sync` do this, too."""
    database = schema.open_database(load_configuration().settings.database_url.get_secret_value())
    print_text(f"{database.safe_url} is up to date")
