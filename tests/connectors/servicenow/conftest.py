"""An invented instance behind every test, and retries that do not wait."""

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
    found = Instance()
    with respx.mock(base_url=URL, assert_all_called=False) as router:
        router.route().mock(side_effect=found.answer)
        yield found
