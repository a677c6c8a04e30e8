"""Which tickets a source means: its tables, and the conditions that they meet."""

from datetime import datetime

from connectors.errors import ConnectorError, MissingPermission, WrongSettings
from connectors.servicenow.query import both, literal
from connectors.servicenow.settings import ServiceNowSettings
from connectors.servicenow.table import TableApi, is_refusal
from connectors.servicenow.walk import prove_filter
from connectors.streams import gather_all


class Scope:
    """`skipped` holds, once `tables` has been asked, why a default table is left out."""

    def __init__(self, api: TableApi, settings: ServiceNowSettings) -> None:
        self._api = api
        self._settings = settings
        self.skipped: dict[str, ConnectorError] = {}

    async def tables(self) -> list[str]:
        """The tables that can be read, each proven to obey a condition on the time of update.

        Raises ConnectorError where none can be, or one that the operator named cannot.
        """
        wanted = self._settings.tables
        problems = {table: await self._problem_of(table) for table in wanted}
        self.skipped = {table: problem for table, problem in problems.items() if problem is not None}
        if self.skipped and (self._settings.tables_are_named or len(self.skipped) == len(wanted)):
            raise next(iter(self.skipped.values()))
        return [table for table in wanted if table not in self.skipped]

    async def count(self) -> int | None:
        """Tickets that the instance counts since `settings.since`, invisible ones included; None where it may not."""
        query = both(self._settings.query, since(self._settings.since))
        tables = await self.tables()
        try:
            return sum(await gather_all(self._api.count(table, query) for table in tables))
        except MissingPermission:
            return None

    async def _problem_of(self, table: str) -> ConnectorError | None:
        try:
            await prove_filter(self._api, table, self._settings.query)
        except ConnectorError as problem:
            if not is_refusal(problem):
                raise
            return _explained(table, problem)
        return None


def since(at: datetime) -> str:
    """The condition that a row was updated at this instant or later."""
    return f"sys_updated_on>={literal(at)}"


def _explained(table: str, problem: ConnectorError) -> ConnectorError:
    if isinstance(problem, MissingPermission):
        remedy = f"Grant the account read access to {table}, e.g. by the role itil or snc_read_only."
        return MissingPermission(f"{table} may not be read ({problem})", remedy)
    return WrongSettings(
        f"the instance has no table {table} ({problem})", "See that TABLES names only tables that the instance has."
    )
