"""Names of referenced records, read in bulk and cached as far as memory allows."""

import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping

from connectors.errors import ConnectorError
from connectors.people import person_or_none
from connectors.servicenow.query import order_by
from connectors.servicenow.rows import Row
from connectors.servicenow.table import TableApi, is_unreadable
from connectors.streams import gather_all

CACHE_SIZE = 50_000
USERS, MOST_PROGRAMS = "sys_user", 1000
PROGRAM_FLAGS = ("web_service_access_only", "internal_integration_user")
_SYS_ID = re.compile(r"[0-9a-f]{32}")


class References:
    """Names by sys_id. A sys_id without a readable name is its own name, and so is any text that is no sys_id."""

    def __init__(self, api: TableApi) -> None:
        self._api = api
        self._names: OrderedDict[str, str] = OrderedDict()
        self._programs: frozenset[str] | None = None
        # A page names the same few people in all its rows.
        self._persons: dict[str, str | None] = {}

    def name(self, value: str | None) -> str | None:
        """Return the name that was resolved for the value, else the value; None for an empty one."""
        return self._names.get(value, value) if value else None

    def person(self, value: str | None) -> str | None:
        """Return the name as `name` does; None for an account under which no person acts."""
        if not value:
            return None
        try:
            return self._persons[value]
        except KeyError:
            person = self._persons[value] = self._find_person(value)
            return person

    def _find_person(self, value: str) -> str | None:
        if self._programs is not None and value in self._programs:
            return None
        name = self._names.get(value, value)
        # A sys_id says nothing about its account, and a source has as many of them as people.
        return name if _SYS_ID.fullmatch(name) else person_or_none(name)

    async def read_programs(self) -> None:
        """Read once which accounts are those of programs; none where the account may not read users."""
        if self._programs is None:
            rows = await self._flagged_users()
            self._programs = frozenset(
                text for row in rows for text in (row.get("sys_id"), row.get("user_name")) if text
            )

    async def _flagged_users(self) -> list[Row]:
        query = "^OR".join(f"{flag}=true" for flag in PROGRAM_FLAGS) + order_by(("sys_id",))
        fields = ",".join(("sys_id", "user_name", *PROGRAM_FLAGS))
        try:
            page = await self._api.page(USERS, query, fields, limit=MOST_PROGRAMS)
        except ConnectorError as problem:
            if not is_unreadable(problem):
                raise
            return []
        # ServiceNow ignores a condition on a column that it lacks, and returns everybody.
        return [row for row in page.rows if any(row.get(flag) == "true" for flag in PROGRAM_FLAGS)]

    async def resolve(self, values: Mapping[str, Iterable[str]]) -> None:
        """Read the names of the values, given by table, that are not cached."""
        await gather_all(self._resolve(table, set(ids)) for table, ids in values.items())
        self._persons.clear()

    async def _resolve(self, table: str, values: set[str]) -> None:
        missing = sorted(value for value in values if not self._is_cached(value) and _SYS_ID.fullmatch(value))
        rows = await self._api.rows_with(table, "sys_id,name", "sys_id", missing, optional=True)
        names = {row.get("sys_id", ""): row.get("name") for row in rows}
        for sys_id in missing:
            # Also without a name: or each page would ask again for a record that is deleted or hidden.
            self._names[sys_id] = names.get(sys_id) or sys_id
        while len(self._names) > CACHE_SIZE:
            self._names.popitem(last=False)

    def _is_cached(self, value: str) -> bool:
        """Return True if the value is cached, and mark it as the most recently used one."""
        if value not in self._names:
            return False
        self._names.move_to_end(value)
        return True
