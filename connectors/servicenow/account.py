"""What the account may see, and what an administrator should grant it."""

from collections.abc import Mapping, Sequence

from connectors.base import Context
from connectors.errors import MissingPermission, WrongSettings
from connectors.model import Account
from connectors.servicenow.audit import AUDIT
from connectors.servicenow.choices import CHOICES
from connectors.servicenow.clock import offset
from connectors.servicenow.columns import columns, own_columns, targets
from connectors.servicenow.metrics import METRICS
from connectors.servicenow.past import STATE
from connectors.servicenow.query import among, both
from connectors.servicenow.scope import Scope
from connectors.servicenow.settings import ServiceNowSettings
from connectors.servicenow.sla import SLAS
from connectors.servicenow.table import Rows, TableApi
from connectors.streams import gather_all

SAMPLE = 20
NEWEST_FIRST = "ORDERBYDESCsys_updated_on^ORDERBYDESCsys_id"
NEEDED = ("number", STATE, "sys_updated_on", "sys_created_on")
LOSSES: Mapping[str, str] = {
    AUDIT: "there is no history of state, team and assignee but what metric_instance knows",
    METRICS: "tickets without audit have no history, only counters",
    SLAS: "service levels are unknown",
    CHOICES: "states and priorities are read as those of the base system",
}


class Examination:
    """Asks for all that a pull asks for, and collects what is refused, hidden or not there."""

    def __init__(self, api: TableApi, scope: Scope, settings: ServiceNowSettings, context: Context) -> None:
        self._api = api
        self._scope = scope
        self._settings = settings
        self._names = dict.fromkeys(targets(settings, context.person_names).values())
        self._missing: list[str] = []
        self._notes: list[str] = []

    async def account(self) -> Account:
        """The account. Raises ConnectorError where it cannot log in or none of the tickets can be read."""
        tables = await self._scope.tables()
        self._missing += [f"{problem}. {problem.remedy}" for problem in self._scope.skipped.values()]
        samples = dict(zip(tables, await gather_all(self._newest(table) for table in tables), strict=True))
        self._look_at_rows(samples)
        self._look_at_columns(samples)
        await self._look_at_tables()
        await self._look_at_audit(samples)
        counted = await self._count(tables)
        return Account(
            system=f"ServiceNow at {self._settings.url}",
            user=self._settings.user or f"OAuth client {self._settings.client_id}",
            time_zone=await self._own_zone() or await self._shown_zone(tables),
            tickets=counted,
            missing=tuple(self._missing),
            notes=tuple(self._notes),
        )

    async def _newest(self, table: str) -> Rows:
        return await self._api.page(
            table, both(self._settings.query, NEWEST_FIRST), columns(self._settings), limit=SAMPLE
        )

    def _look_at_rows(self, samples: Mapping[str, Rows]) -> None:
        for table, page in samples.items():
            if _is_hidden(page):
                self._missing.append(
                    f"{table} has {page.total} rows, but none of the newest can be seen. "
                    f"Grant the account read access to the rows of {table}."
                )

    def _look_at_columns(self, samples: Mapping[str, Rows]) -> None:
        """Columns that are missing from all rows: those that cannot be read look like those that do not exist."""
        for table, page in samples.items():
            unseen = [column for column in NEEDED if page.rows and not any(column in row for row in page.rows)]
            self._missing += [
                f"{table}.{column} cannot be read. Grant the account read access to this column." for column in unseen
            ]
        rows = [row for page in samples.values() for row in page.rows]
        for setting, column in own_columns(self._settings).items():
            if rows and not any(column in row for row in rows):
                self._notes.append(
                    f"No table shows a column {column}, so {setting.removesuffix('_FIELD').lower()} stays empty. "
                    f"Name another one with {setting}, or grant read access to it."
                )

    async def _look_at_tables(self) -> None:
        for table in (AUDIT, METRICS, SLAS, CHOICES, *self._names):
            loss = LOSSES.get(table, "what refers to it is shown by sys_id")
            if not await self._api.is_readable(table):
                self._report(table, loss)
            elif table not in (AUDIT, METRICS, SLAS) and _is_hidden(
                await self._api.page(table, "", "sys_id", limit=SAMPLE)
            ):
                self._missing.append(
                    f"The rows of {table} are hidden, so {loss}. Grant the account read access to them."
                )

    def _report(self, table: str, loss: str) -> None:
        """A table that cannot be read."""
        if isinstance(self._api.refused[table], MissingPermission):
            self._missing.append(
                f"{table} may not be read, so {loss}. Grant the account read access to {table}, "
                "e.g. by a read ACL for a role that it has."
            )
        elif table in (METRICS, SLAS):
            self._notes.append(f"The instance has no table {table}, so {loss}.")
        else:
            self._missing.append(
                f"The instance has no table {table}, so {loss}. See whether its plugin is switched on."
            )

    async def _look_at_audit(self, samples: Mapping[str, Rows]) -> None:
        """Whether the newest tickets of each table left a trace in sys_audit."""
        for table, page in samples.items():
            keys = [row["sys_id"] for row in page.rows if row.get("sys_id")]
            if not keys or AUDIT in self._api.refused:
                continue
            found = await self._api.page(AUDIT, among("documentkey", keys), "sys_id", limit=SAMPLE)
            if _is_hidden(found):
                self._missing.append(
                    f"The rows of {AUDIT} on {table} are hidden, so {LOSSES[AUDIT]}. "
                    "Grant the account read access to them."
                )
            elif not found.rows:
                self._notes.append(
                    f"{AUDIT} knows nothing of the newest {len(keys)} tickets of {table}: "
                    "switch on auditing of this table to have its history from then on."
                )

    async def _count(self, tables: Sequence[str]) -> int | None:
        """A query that leaves out nothing is likely mistyped: ServiceNow ignores what it does not understand."""
        counted = await self._scope.count()
        if counted is None:
            self._missing.append(
                "Tickets may not be counted, so it cannot be told whether some are hidden. "
                "Grant the account access to the Aggregate API, /api/now/stats."
            )
            return None
        query = self._settings.query
        for table in tables if query else ():
            if await self._api.count(table, query) == await self._api.count(table, ""):
                self._notes.append(f"QUERY leaves out nothing of {table}. See that its columns are spelt right.")
        return counted

    async def _own_zone(self) -> str | None:
        """The account's time zone, where it may read its own record and the record names one."""
        user = self._settings.user
        if user is None or not await self._api.is_readable("sys_user"):
            return None
        page = await self._api.page("sys_user", f"user_name={user}", "sys_id,user_name,time_zone", limit=1)
        return next((row.get("time_zone") or None for row in page.rows), None)

    async def _shown_zone(self, tables: Sequence[str]) -> str | None:
        """The offset of the account's clock at the newest visible ticket; None where it is not to be had."""
        query = both(self._settings.query, NEWEST_FIRST)
        for table in tables:
            try:
                forms = await self._api.both_forms(table, query, "sys_updated_on", limit=SAMPLE)
            except (MissingPermission, WrongSettings):
                return None
            if forms:
                return offset(*forms[0])
        return None


def _is_hidden(page: Rows) -> bool:
    """Whether there are rows, but none that the account may see."""
    return bool(page.total) and not page.rows
