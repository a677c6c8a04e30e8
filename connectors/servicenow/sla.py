"""Service level clocks of tickets, from task_sla."""

from collections import defaultdict
from collections.abc import Collection

from connectors.model import Sla
from connectors.servicenow.query import instant_or_none
from connectors.servicenow.row import Row
from connectors.servicenow.table import TableApi

SLAS = "task_sla"
FIELDS = "sys_id,task,sla,sla.name,has_breached,start_time,end_time,planned_end_time"


async def read_slas(api: TableApi, keys: Collection[str]) -> defaultdict[str, list[Row]]:
    """The rows of task_sla by the sys_id of their ticket; none where they are not readable."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in await api.matching(SLAS, FIELDS, "task", keys, optional=True):
        found[row.get("task", "")].append(row)
    return found


def sla(row: Row) -> Sla:
    """One clock. Raises KeyError or ValueError where the row makes no sense."""
    return Sla(
        id=row["sys_id"],
        name=row.get("sla.name") or row.get("sla", ""),
        started_at=instant_or_none(row.get("start_time")),
        stopped_at=instant_or_none(row.get("end_time")),
        due_at=instant_or_none(row.get("planned_end_time")),
        breached={"true": True, "false": False}.get(row.get("has_breached", "")),
    )
