"""Names as long as the model admits fit into every index of both databases."""

from random import Random

import pytest

from config.settings import Settings
from connectors.drafts import Draft, Unmappable
from connectors.model import NAME_LENGTH, Link
from service.pipeline.analyst import Analyst
from service.store.database import Database
from service.store.tickets import reader, sources
from service.store.tickets.privacy import PrivacyFilter
from service.store.tickets.writer import PageWriter
from tests.factory import START, ticket

# Four bytes each, and in no order that a database could compress.
_random = Random(7)
LONGEST = "".join(chr(_random.randrange(0x20000, 0x2A000)) for _ in range(NAME_LENGTH))
OPTIONAL = ("team", "service", "configuration_item", "category", "provider", "project")


def test_the_longest_names_are_stored_and_analysed(database: Database) -> None:
    source_id = sources.register(database, "a", "file", START).id
    writer = PageWriter(database, PrivacyFilter("name", "store", b"a key of thirty-two bytes or more"))
    links = tuple(Link(relation=relation, target=LONGEST) for relation in ("duplicate_of", "caused_by", "problem"))
    names = dict.fromkeys(("key", "source_kind", *OPTIONAL), LONGEST)
    page = writer.prepare(source_id, [ticket(LONGEST, **names, links=links), ticket("2", **names)])
    with database.write() as connection:
        writer.write(connection, source_id, page)
    Analyst(database, Settings()).analyse(START)
    assert reader.count(database) == 2


@pytest.mark.parametrize("name", OPTIONAL)
def test_a_name_that_is_too_long_costs_its_field(name: str) -> None:
    values = ticket().model_dump() | {name: "a" * (NAME_LENGTH + 1)}
    assert getattr(Draft().make_ticket(values), name) is None


@pytest.mark.parametrize("name", ["id", "key"])
def test_an_identity_that_is_too_long_costs_its_ticket(name: str) -> None:
    with pytest.raises(Unmappable, match=name):
        Draft().make_ticket(ticket().model_dump() | {name: "a" * (NAME_LENGTH + 1)})
