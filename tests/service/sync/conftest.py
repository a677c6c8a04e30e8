import pytest

from treadmill.service.store.database import Database
from treadmill.service.store.pages import PageWriter
from treadmill.service.store.privacy import Privacy
from treadmill.service.sync.run import Workplace


@pytest.fixture
def workplace(database: Database) -> Workplace:
    return Workplace(database, PageWriter(database, Privacy("pseudonym", "store", b"a key of sixteen bytes")))
