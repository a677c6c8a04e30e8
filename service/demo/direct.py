"""The tickets that the real connectors make of a simulated company, without a request."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence

from pydantic import SecretStr

from connectors.base import Context
from connectors.drafts import Draft
from connectors.jira.connector import JiraConnector
from connectors.jira.fields import choose_fields
from connectors.jira.issue import RawIssue
from connectors.jira.labels import Labels
from connectors.jira.mapping import IssueMapper
from connectors.jira.statuses import Statuses
from connectors.jira.values import People
from connectors.model import Ticket
from connectors.servicenow.batch import BatchReader
from connectors.servicenow.choices import read_choices
from connectors.servicenow.columns import choice_columns, ticket_columns
from connectors.servicenow.connector import ServiceNowConnector
from connectors.servicenow.query import all_of, is_in, order_by
from connectors.servicenow.rows import Row, RowPage
from connectors.servicenow.table import TableApi
from connectors.words import words_of
from service.demo.company import Company
from service.demo.jira.issue import catalogue, histories, issue
from service.demo.jira.values import STATUSES, status
from service.demo.loopback import PROVIDER_FIELD
from service.demo.record import TABLES
from service.demo.servicenow.tables import TABLES_BY_NAME, project_columns, select

URL = "http://localhost"
NOBODY = SecretStr("nobody")


def tickets(company: Company) -> Iterator[tuple[str, Ticket]]:
    """Yield (source, ticket), the source being `jira` or `servicenow`; oldest first within each table.

    The connectors' own mapping reads the answers that the simulated systems would have given. Do not call it inside a
    running event loop.
    """
    yield from (("jira", ticket) for ticket in _jira(company))
    yield from (("servicenow", ticket) for ticket in asyncio.run(_servicenow(company)))


def _jira(company: Company) -> Iterator[Ticket]:
    settings = JiraConnector.Settings(url=f"{URL}/jira", user="demo@example.com", token=NOBODY)
    fields = choose_fields(catalogue(), settings)
    words = words_of(settings)
    statuses = Statuses([status(name) for name in STATUSES], words)
    mapping = IssueMapper(settings.url, fields, statuses, People(named=False), Labels((), (), words))
    for record in company.records("jira").values():
        yield mapping.ticket(RawIssue(issue(record, fields.requested), "history", histories(record)), Draft())


async def _servicenow(company: Company) -> list[Ticket]:
    settings = ServiceNowConnector.Settings(
        url=f"{URL}/servicenow", user="demo", password=NOBODY, provider_field=PROVIDER_FIELD
    )
    api = _Tables(company)
    choices = await read_choices(api, settings.tables, choice_columns(settings), words_of(settings))
    reader = BatchReader(api, choices, settings, Context("servicenow"))
    tables = [await _table_tickets(reader, table, api.rows(table, "", ticket_columns(settings))) for table in TABLES]
    return [ticket for table in tables for ticket in table]


async def _table_tickets(reader: BatchReader, table: str, rows: Sequence[Row]) -> list[Ticket]:
    tickets_of_table, refused = await reader.tickets(await reader.read(table, rows))
    # A simulated row that the real mapping refuses is a fault of the simulation, never a damaged record.
    if refused:
        raise ValueError(f"{refused[0].place}: {refused[0].reason}")
    return tickets_of_table


class _Tables(TableApi):
    """A Table API that reads the simulated tables without a request."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self.unreadable = {}

    def rows(self, table: str, query: str, fields: str) -> list[Row]:
        """Return the rows that the Table API answers to a query, in one page."""
        definition = TABLES_BY_NAME[table]
        return list(project_columns(definition, select(definition, self._company, query), fields))

    async def page(
        self,
        table: str,  # noqa: ARG002 - none is asked for
        query: str,  # noqa: ARG002
        fields: str,  # noqa: ARG002
        *,
        limit: int,
        offset: int = 0,  # noqa: ARG002
        links: bool = True,  # noqa: ARG002
    ) -> RowPage:
        """Return an empty page: the connector asks for the accounts of programs, and no simulated one is flagged."""
        return RowPage([], None, limit, more=False)

    async def rows_with(
        self,
        table: str,
        fields: str,
        column: str,
        values: Iterable[str],
        *,
        conditions: str = "",
        order: Sequence[str] = (),
        optional: bool = False,  # noqa: ARG002 - every table is readable here
    ) -> list[Row]:
        """Return all rows whose `column` holds one of the values."""
        return self.rows(table, all_of(conditions, is_in(column, values)) + order_by([*order, "sys_id"]), fields)
