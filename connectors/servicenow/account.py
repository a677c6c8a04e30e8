"""The check of an account: what it can see, and what an administrator should grant it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from connectors.base import Context
from connectors.errors import MissingPermission, WrongSettings
from connectors.model import Account
from connectors.servicenow.audit import AUDIT
from connectors.servicenow.batch import BatchReader
from connectors.servicenow.choices import CHOICES
from connectors.servicenow.columns import STATE, configured_columns, reference_tables, ticket_columns
from connectors.servicenow.metrics import METRICS
from connectors.servicenow.query import FORMAT, all_of, is_in
from connectors.servicenow.rows import RowPage
from connectors.servicenow.scope import TableScope
from connectors.servicenow.settings import ServiceNowSettings
from connectors.servicenow.sla import SLAS
from connectors.servicenow.table import TableApi
from connectors.streams import gather_all

SAMPLE = 20
MAPPED = 100
LATEST_FIRST = "ORDERBYDESCsys_updated_on^ORDERBYDESCsys_id"
REQUIRED = ("number", STATE, "sys_updated_on", "sys_created_on")
MAX_UTC_OFFSET = timedelta(hours=14)
LOSSES: Mapping[str, str] = {
    AUDIT: "histories of state, team and assignee are limited to what metric_instance holds",
    METRICS: "tickets without audit have no history, only counters",
    SLAS: "service levels are unknown",
    CHOICES: "states and priorities are taken for those of the base system",
}


class AccountCheck:
    """Request everything that a pull requests, and collect what is forbidden, hidden or absent."""

    def __init__(self, api: TableApi, scope: TableScope, settings: ServiceNowSettings, context: Context) -> None:
        self._api = api
        self._scope = scope
        self._settings = settings
        self._reference_tables = dict.fromkeys(reference_tables(settings, context.person_names).values())
        self._missing: list[str] = []
        self._notes: list[str] = []

    async def account(self, reader: BatchReader) -> Account:
        """Return the account, with a sample by the reader. Raise ConnectorError where no ticket can be read."""
        tables = await self._scope.tables()
        self._missing += [f"{problem}. {problem.remedy}" for problem in self._scope.skipped.values()]
        samples = dict(zip(tables, await gather_all(self._latest(table) for table in tables), strict=True))
        self._check_rows(samples)
        self._check_columns(samples)
        await self._check_tables()
        await self._check_audit(samples)
        tickets = await self._count(tables)
        return Account(
            system=f"ServiceNow at {self._settings.url}",
            user=self._settings.user or f"OAuth client {self._settings.client_id}",
            time_zone=await self._profile_zone() or await self._display_zone(tables),
            tickets=tickets,
            missing=tuple(self._missing),
            notes=tuple(self._notes),
            sample=await reader.sample({table: page.rows for table, page in samples.items()}),
        )

    async def _latest(self, table: str) -> RowPage:
        query = all_of(self._settings.query, LATEST_FIRST)
        return await self._api.page(table, query, ticket_columns(self._settings), limit=MAPPED)

    def _check_rows(self, samples: Mapping[str, RowPage]) -> None:
        for table, page in samples.items():
            if _is_hidden(page):
                self._missing.append(
                    f"{table} has {page.total} rows, but none of the latest is visible. "
                    f"Grant the account read access to the rows of {table}."
                )

    def _check_columns(self, samples: Mapping[str, RowPage]) -> None:
        # A column that the account may not read looks like one that does not exist: it is in none of the rows.
        for table, page in samples.items():
            absent = [column for column in REQUIRED if page.rows and not any(column in row for row in page.rows)]
            self._missing += [
                f"{table}.{column} cannot be read. Grant the account read access to this column." for column in absent
            ]
        rows = [row for page in samples.values() for row in page.rows]
        for setting, column in configured_columns(self._settings).items():
            if rows and not any(column in row for row in rows):
                self._notes.append(
                    f"No table has a readable column {column}, so {_field_name(setting)} stays empty. "
                    f"Set {setting} to another column, or grant read access to this one."
                )

    async def _check_tables(self) -> None:
        for table in (AUDIT, METRICS, SLAS, CHOICES, *self._reference_tables):
            loss = LOSSES.get(table, "references to it are shown by sys_id")
            if not await self._api.is_readable(table):
                self._report_unreadable(table, loss)
            # Not for those tables: without a condition on an indexed column the query would run for minutes.
            elif table not in (AUDIT, METRICS, SLAS) and _is_hidden(
                await self._api.page(table, "", "sys_id", limit=SAMPLE)
            ):
                self._missing.append(
                    f"The rows of {table} are hidden, so {loss}. Grant the account read access to them."
                )

    def _report_unreadable(self, table: str, loss: str) -> None:
        if isinstance(self._api.unreadable[table], MissingPermission):
            self._missing.append(
                f"The account may not read {table}, so {loss}. Grant it read access to {table}, "
                "e.g. by a read ACL for one of its roles."
            )
        elif table in (METRICS, SLAS):
            self._notes.append(f"The instance has no table {table}, so {loss}.")
        else:
            self._missing.append(f"The instance has no table {table}, so {loss}. Check whether its plugin is active.")

    async def _check_audit(self, samples: Mapping[str, RowPage]) -> None:
        """Check that sys_audit has rows for the latest tickets of each table."""
        for table, page in samples.items():
            keys = [row["sys_id"] for row in page.rows if row.get("sys_id")][:SAMPLE]
            if not keys or AUDIT in self._api.unreadable:
                continue
            audit = await self._api.page(AUDIT, is_in("documentkey", keys), "sys_id", limit=SAMPLE)
            if _is_hidden(audit):
                self._missing.append(
                    f"The rows of {AUDIT} about {table} are hidden, so {LOSSES[AUDIT]}. "
                    "Grant the account read access to them."
                )
            elif not audit.rows:
                # The flag is not inherited: each table that extends task has to be audited itself.
                self._notes.append(
                    f"{AUDIT} has no rows about the latest {len(keys)} tickets of {table}. "
                    "Switch on auditing of this table to have their history from then on."
                )

    async def _count(self, tables: Sequence[str]) -> int | None:
        tickets = await self._scope.count()
        if tickets is None:
            self._missing.append(self._uncounted())
            return None
        # A query that excludes nothing is likely mistyped: ServiceNow ignores what it does not understand.
        query = self._settings.query
        for table in tables if query else ():
            if await self._api.count(table, query) == await self._api.count(table, ""):
                self._notes.append(f"QUERY excludes no row of {table}. Check the spelling of its columns.")
        return tickets

    def _uncounted(self) -> str:
        problem = self._scope.uncounted
        if isinstance(problem, MissingPermission):
            return (
                "The account may not count tickets, so hidden ones stay unnoticed. "
                "Grant it access to the Aggregate API, /api/now/stats."
            )
        return (
            f"The tickets cannot be counted, so hidden ones stay unnoticed: {problem}. "
            "Let the account, and any gateway before the instance, use the Aggregate API, /api/now/stats."
        )

    async def _profile_zone(self) -> str | None:
        """Return the account's time zone, if it may read its own record and the record has one."""
        user = self._settings.user
        if user is None or not await self._api.is_readable("sys_user"):
            return None
        page = await self._api.page("sys_user", f"user_name={user}", "sys_id,user_name,time_zone", limit=1)
        return next((row.get("time_zone") or None for row in page.rows), None)

    async def _display_zone(self, tables: Sequence[str]) -> str | None:
        """Return the UTC offset by which times are displayed to the account; None if it cannot be determined."""
        query = all_of(self._settings.query, LATEST_FIRST)
        for table in tables:
            try:
                pairs = await self._api.display_pairs(table, query, "sys_updated_on", limit=SAMPLE)
            except (MissingPermission, WrongSettings):
                return None
            if pairs:
                return _utc_offset(*pairs[0])
        return None


def _field_name(setting: str) -> str:
    return setting.removesuffix("_FIELD").lower()


def _is_hidden(page: RowPage) -> bool:
    """Return True if there are rows, but none that the account may see."""
    return bool(page.total) and not page.rows


def _utc_offset(value: str, displayed: str) -> str | None:
    """Return the offset of a displayed time from its database value, as `UTC+02:00`; None if they do not compare."""
    try:
        offset = datetime.strptime(displayed, FORMAT) - datetime.strptime(value, FORMAT)  # noqa: DTZ007 - compared only
    except ValueError:
        return None
    # A larger difference is none of time zones: the account's date format has day and month the other way round.
    if abs(offset) > MAX_UTC_OFFSET:
        return None
    hours, minutes = divmod(abs(offset) // timedelta(minutes=1), 60)
    return f"UTC{'-' if offset < timedelta(0) else '+'}{hours:02}:{minutes:02}"
