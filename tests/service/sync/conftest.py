import pytest

from service.store.database import Database
from service.store.tickets.privacy import Privacy
from service.store.tickets.writer import PageWriter
from service.sync.run import Workplace


@pytest.fixture
def workplace(database: Database) -> Workplace:
    return Workplace(database, PageWriter(database, Privacy("pseudonym", "store", b"a key of sixteen bytes")))
