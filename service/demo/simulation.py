"""Simulation of a company: the same scenario, seed and end give the same tickets, byte for byte."""

from datetime import UTC, datetime, timedelta
from random import Random

from service.demo.company import Company
from service.demo.story import scenario as stories
from service.demo.story.background import Background
from service.demo.story.families import FamilySimulation
from service.demo.story.ledger import Ledger
from service.demo.story.scenario import COMPANY, Scenario


def scenarios() -> tuple[str, ...]:
    """Return the names of the scenarios, that of the demo first."""
    return stories.names()


def simulate(seed: int = 1, as_of: datetime | None = None, scenario: str = COMPANY) -> Company:
    """Return the company of a scenario as it stands at `as_of` (aware; default: the beginning of the present hour).

    Raises ValueError for an unknown scenario.
    """
    as_of = as_of.astimezone(UTC) if as_of else datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    plan = stories.scenario(scenario)
    start = as_of - timedelta(days=plan.days)
    ledger = _ledger(plan, seed, start)
    # Families before the background: the dice of a family must not depend on how much daily work there is.
    families = [FamilySimulation(ledger, family, start, as_of).run() for family in plan.families]
    background = Background(ledger, plan, start, as_of)
    background.run()
    records = [record for record in ledger.records if start <= record.opened_at <= as_of]
    for record in records:
        record.rewind(as_of)
    records.sort(key=lambda record: record.opened_at)
    return Company(
        records,
        as_of,
        scenario=plan,
        families=families,
        standard_requests=background.requests,
        duplicates=background.duplicates,
    )


def _ledger(scenario: Scenario, seed: int, start: datetime) -> Ledger:
    dice = Random(seed)  # noqa: S311 - the same dice every time are the point
    share = scenario.reorganised_after
    reorganised_at = None if share is None else start + timedelta(days=scenario.days) * share
    return Ledger(dice, logged=scenario.logged, slips=scenario.slips, reorganised_at=reorganised_at)
