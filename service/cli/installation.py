"""Commands on the installation: the check, and the upgrade of the database."""

import asyncio

from config.settings import Notify
from service.analysis.formatting import count
from service.cli.configuration import load_configuration
from service.cli.exit_codes import exit_by
from service.cli.options import AsJson, Names
from service.cli.output import print_json, print_text
from service.monitoring import check as checks
from service.store import schema


def check(names: Names = None, as_json: AsJson = False) -> None:
    """Check settings, database, key, sources and the URLs of notifications, and change nothing."""
    configuration = load_configuration()
    sources = configuration.select(names or ())
    settings = configuration.settings
    url = settings.database_url.get_secret_value()
    results = [checks.database(url, settings.privacy.configured_key)]
    faults = checks.stored_faults(url) if results[0].is_ok else {}
    results += asyncio.run(checks.all_sources(sources, faults))
    results += _check_notifications(settings.notify)
    results += [checks.CheckResult("settings", is_ok=True, text=sentence) for sentence in settings.unused]
    if as_json:
        print_json([result.as_dict() for result in results])
    else:
        print_text("\n".join(map(checks.as_text, results)))
    # A database that cannot be used fails the check, whatever the sources say: nothing could be stored.
    exit_by([result.is_ok for result in results[1:]] if results[0].is_ok else [False])


def _check_notifications(settings: Notify) -> list[checks.CheckResult]:
    """Return the result for the URLs of notifications; none where there are no URLs."""
    if not settings.urls:
        return []
    from service.notify.delivery import list_unsupported  # noqa: PLC0415 - Apprise and reports, which few checks need

    if unsupported := list_unsupported(settings.urls):
        text = f"Apprise cannot use {', '.join(unsupported)} of TREADMILL_NOTIFY__URLS"
        remedy = (
            "Correct it, e.g. mailto://USER:PASSWORD@HOST?to=ADDRESS: each service has its form, see Apprise's list."
        )
        return [checks.CheckResult("notifications", is_ok=False, text=text, remedy=remedy)]
    text = f"Apprise can use {count(len(settings.urls), 'URL')}; `treadmill notify --test` sends a message"
    return [checks.CheckResult("notifications", is_ok=True, text=text)]


def migrate() -> None:
    """Upgrade the database to this release; `run` and `sync` do this, too."""
    database = schema.open_database(load_configuration().settings.database_url.get_secret_value())
    print_text(f"{database.safe_url} is up to date")
