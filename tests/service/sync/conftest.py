import pytest

from service.store.database import Database
from service.store.tickets.privacy import PrivacyFilter
from service.store.tickets.writer import PageWriter
from service.sync.run import SyncContext


@pytest.fixture
def context(database: Database) -> SyncContext:
    return SyncContext(database, PageWriter(database, PrivacyFilter("pseudonym", "store", b"a key of sixteen bytes")))
