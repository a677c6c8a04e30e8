"""A fake instance for every test, and retries without waiting."""

from collections.abc import Iterator

import pytest
import respx
import stamina

from tests.connectors.servicenow.fake import URL, Instance


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3):
        yield


@pytest.fixture
def instance() -> Iterator[Instance]:
    fake = Instance()
    with respx.mock(base_url=URL, assert_all_called=False) as router:
        router.route().mock(side_effect=fake.answer)
        yield fake
