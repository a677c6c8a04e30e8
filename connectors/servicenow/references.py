"""The names behind sys_ids, read in bulk and kept as far as memory allows."""

import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping

from connectors.servicenow.table import TableApi
from connectors.streams import gather_all

KEPT = 50_000
_SYS_ID = re.compile(r"[0-9a-f]{32}")


class References:
    """Names by sys_id. What cannot be resolved keeps its sys_id as name, what is no sys_id is its own name."""

    def __init__(self, api: TableApi, kept: int = KEPT) -> None:
        self._api = api
        self._kept = kept
        self._names: OrderedDict[str, str] = OrderedDict()

    def name(self, value: str | None) -> str | None:
        """The name of what was learned, else the value itself; None for an empty one."""
        return self._names.get(value, value) if value else None

    async def learn(self, wanted: Mapping[str, Iterable[str]]) -> None:
        """Reads the unknown names among the wanted values by table, so that `name` can tell them."""
        await gather_all(self._learn(table, set(values)) for table, values in wanted.items())

    async def _learn(self, table: str, values: set[str]) -> None:
        unknown = sorted(value for value in values if not self._recall(value) and _SYS_ID.fullmatch(value))
        rows = await self._api.matching(table, "sys_id,name", "sys_id", unknown, optional=True)
        names = {row.get("sys_id", ""): row.get("name") for row in rows}
        for sys_id in unknown:
            self._names[sys_id] = names.get(sys_id) or sys_id
        while len(self._names) > self._kept:
            self._names.popitem(last=False)

    def _recall(self, value: str) -> bool:
        """Whether the value is known; if so it is forgotten later than others."""
        if value not in self._names:
            return False
        self._names.move_to_end(value)
        return True
