"""Simulates 18 months of the company: the same seed and end give the same tickets, byte for byte."""

from datetime import UTC, datetime, timedelta
from random import Random

from treadmill.service.demo.company import Company
from treadmill.service.demo.story.background import Background
from treadmill.service.demo.story.families import Planting
from treadmill.service.demo.story.ledger import Ledger
from treadmill.service.demo.story.scenario import scenario

SPAN = timedelta(days=548)


def simulate(seed: int = 1, as_of: datetime | None = None) -> Company:
    """The company as it stands at `as_of` (aware; default: the beginning of the present hour)."""
    as_of = as_of.astimezone(UTC) if as_of else datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    start = as_of - SPAN
    ledger = Ledger(Random(seed))  # noqa: S311 - the same dice every time are the point
    families = [Planting(ledger, plan, start, as_of).run() for plan in scenario().families]
    background = Background(ledger, scenario(), start, as_of)
    background.run()
    records = [record for record in ledger.records if start <= record.opened_at <= as_of]
    for record in records:
        record.rewind(as_of)
    records.sort(key=lambda record: record.opened_at)
    return Company(records, as_of, families=families, standard_requests=background.requests)
