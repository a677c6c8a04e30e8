"""Nature and class of tickets as numbers, lists and exports take them: of an undecided ticket neither is known."""

from typing import Any

from sqlalchemy import case, literal_column

from service.analysis.fact import DECIDED_FROM
from service.analysis.tally import UNDECIDED
from service.store.results.tables import FactRow
from service.store.tickets.tables import table_of

FACT = table_of(FactRow)

# Written out, as in the partial index: behind a parameter no database would use that index.
IS_UNDECIDED = FACT.c.confidence < literal_column(str(DECIDED_FROM))
IS_DECIDED = FACT.c.confidence >= literal_column(str(DECIDED_FROM))
LIKELIEST = FACT.c.work_class.label("likeliest")
"""The class that a ticket most likely has, decided or not."""


def shown(name: str) -> Any:
    """Return a column of facts by its name; nature and class are `undecided` where they are not decided."""
    if name not in ("nature", "work_class"):
        return FACT.c[name]
    return case((IS_DECIDED, FACT.c[name]), else_=UNDECIDED).label(name)
