"""The composition root: the only place that wires the parts of the service together."""

from config.settings import Settings
from service.store import schema
from service.store.database import Database
from service.store.tickets import pseudonym_key
from service.store.tickets.privacy import PrivacyFilter
from service.store.tickets.writer import PageWriter
from service.sync.run import SyncContext


def open_store(settings: Settings) -> Database:
    """Return the database, reachable and up to date. Raise DatabaseError."""
    return schema.open_database(settings.database_url.get_secret_value())


def open_context(settings: Settings) -> SyncContext:
    """Return the store with a writer that keeps to the privacy settings. Raise DatabaseError."""
    database = open_store(settings)
    configured = settings.privacy.key.get_secret_value() if settings.privacy.key else None
    privacy = PrivacyFilter(
        settings.privacy.people, settings.privacy.text, pseudonym_key.load_key(database, configured)
    )
    # Another key would make a second person of everybody: better to stop than to mix the two.
    pseudonym_key.verify_key(database, privacy)
    return SyncContext(database, PageWriter(database, privacy))
