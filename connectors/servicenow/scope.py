"""The scope of a source: its tables, and the conditions that its tickets meet."""

from datetime import datetime

from connectors.errors import BrokenAnswer, ConnectorError, MissingPermission, NotFound, WrongSettings
from connectors.servicenow.query import all_of, literal
from connectors.servicenow.settings import ServiceNowSettings
from connectors.servicenow.table import TableApi, is_unreadable
from connectors.servicenow.walk import verify_filter
from connectors.streams import gather_all


class TableScope:
    """The tables of a source. After `tables`, `skipped` is the error of each default table that is left out.

    After `count`, `uncounted` is the error of a count that was not possible.
    """

    def __init__(self, api: TableApi, settings: ServiceNowSettings) -> None:
        self._api = api
        self._settings = settings
        self.skipped: dict[str, ConnectorError] = {}
        self.uncounted: ConnectorError | None = None

    async def tables(self) -> list[str]:
        """Return the tables that can be read and that obey a condition on the update time.

        Raises ConnectorError where there is none, or where one that the operator named is not readable.
        """
        tables = self._settings.tables
        # One after the other: with wrong credentials the first request fails, and no further one counts against the
        # limit of failed logins.
        problems = {table: await self._problem_of(table) for table in tables}
        self.skipped = {table: problem for table, problem in problems.items() if problem is not None}
        if self.skipped and (self._settings.tables_are_named or len(self.skipped) == len(tables)):
            raise next(iter(self.skipped.values()))
        return [table for table in tables if table not in self.skipped]

    async def count(self) -> int | None:
        """Return the instance's count of tickets since `settings.since`, hidden ones included; None without one."""
        query = all_of(self._settings.query, updated_since(self._settings.since))
        tables = await self.tables()
        try:
            return sum(await gather_all(self._api.count(table, query) for table in tables))
        except (MissingPermission, NotFound, WrongSettings, BrokenAnswer) as problem:
            # The Aggregate API is a right of its own, and gateways often do not pass it on. The rows come all the same.
            self.uncounted = problem
            return None

    async def _problem_of(self, table: str) -> ConnectorError | None:
        try:
            await verify_filter(self._api, table, self._settings.query)
        except ConnectorError as problem:
            if not is_unreadable(problem):
                raise
            return _with_remedy(table, problem)
        return None


def updated_since(at: datetime) -> str:
    """Return the condition that a row was updated at this instant or later."""
    return f"sys_updated_on>={literal(at)}"


def _with_remedy(table: str, problem: ConnectorError) -> ConnectorError:
    if isinstance(problem, MissingPermission):
        return MissingPermission(
            f"the account may not read {table} ({problem})",
            f"Grant it read access to {table}, e.g. by the role itil or snc_read_only.",
        )
    return WrongSettings(f"the instance has no table {table} ({problem})", "Set TABLES to tables that it has.")
