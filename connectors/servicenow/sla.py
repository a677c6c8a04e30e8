"""Service level clocks of tickets, from task_sla."""

from collections import defaultdict
from collections.abc import Collection

from connectors.drafts import Draft
from connectors.model import Sla
from connectors.servicenow.query import instant_or_none
from connectors.servicenow.rows import Row
from connectors.servicenow.table import TableApi

SLAS = "task_sla"
FIELDS = "sys_id,task,sla,sla.name,has_breached,start_time,end_time,planned_end_time"


async def read_slas(api: TableApi, keys: Collection[str]) -> defaultdict[str, list[Row]]:
    """Return the rows of task_sla by the sys_id of their ticket; none if they are not readable."""
    slas: defaultdict[str, list[Row]] = defaultdict(list)
    for row in await api.rows_with(SLAS, FIELDS, "task", keys, optional=True):
        slas[row.get("task", "")].append(row)
    return slas


def sla_of(draft: Draft, row: Row) -> Sla:
    """Return one clock, without the times that cannot be read. Raise KeyError for a row without id."""
    # Elapsed times are left out: a scheduled job computes them, and between its runs they are stale.
    return Sla(
        id=row["sys_id"],
        name=row.get("sla.name") or row.get("sla", ""),
        started_at=draft.attempt("slas.started_at", None, instant_or_none, row.get("start_time")),
        stopped_at=draft.attempt("slas.stopped_at", None, instant_or_none, row.get("end_time")),
        due_at=draft.attempt("slas.due_at", None, instant_or_none, row.get("planned_end_time")),
        breached={"true": True, "false": False}.get(row.get("has_breached", "")),
    )
