"""The shipped connectors against the conformance suite, over systems that run in this process."""

import itertools
import json
import pickle
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import cast

import httpx
import pytest
from pydantic import SecretStr

from connectors.base import Connector, Context
from connectors.conformance import ConnectorConformance, FakeSystem
from connectors.file.connector import FileConnector
from connectors.jira.connector import JiraConnector
from connectors.model import Ticket
from connectors.servicenow.connector import ServiceNowConnector
from service.demo.company import Company
from service.demo.jira.server import JiraServer
from service.demo.login import Credentials
from service.demo.record import System
from service.demo.servicenow.server import ServiceNowServer
from service.demo.simulation import simulate

AS_OF = datetime(2024, 6, 3, 12, tzinfo=UTC)
SINCE = datetime(2020, 1, 1, tzinfo=UTC)
TICKETS_A_PAGE = 7


@cache
def small_company() -> bytes:
    """Return a few dozen tickets of the simulated company with their histories, pickled: copied a hundred times."""
    whole = simulate(as_of=AS_OF)
    issues, tasks = whole.records("jira").values(), whole.records("servicenow").values()
    return pickle.dumps(Company([*list(issues)[::70], *list(tasks)[::300]], AS_OF))


class FailingTransport(httpx.AsyncBaseTransport):
    """Carry `fail_after` requests into an application, then none; optionally repeat the first page token for ever."""

    def __init__(self, inner: httpx.AsyncBaseTransport, fail_after: int | None, repeats: bool) -> None:
        self._inner = inner
        self._requests_left = fail_after
        self._repeats = repeats
        self._token: str | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._requests_left is not None:
            self._requests_left -= 1
            if self._requests_left < 0:
                raise httpx.ConnectError("connection refused", request=request)
        response = await self._inner.handle_async_request(request)
        return await self._with_first_token(response) if self._repeats else response

    async def _with_first_token(self, response: httpx.Response) -> httpx.Response:
        body = json.loads(await response.aread())
        if isinstance(body, dict) and body.get("nextPageToken"):
            self._token = self._token or body["nextPageToken"]
            body["nextPageToken"] = self._token
        return httpx.Response(response.status_code, json=body)


class FakeCompany(FakeSystem):
    """One system of the simulated company."""

    name: System

    def __init__(self) -> None:
        self.company: Company = pickle.loads(small_company())  # noqa: S301 - pickled above
        self.credentials = Credentials("someone")
        self.repeats = False

    def truth(self) -> Mapping[str, datetime]:
        return {record.id: record.updated_at for record in self.company.records(self.name).values()}

    def touch(self, ticket_id: str) -> None:
        self.company.touch(self.name, ticket_id)

    def tie(self, ticket_ids: Sequence[str]) -> None:
        for ticket_id in ticket_ids:
            self.company.records(self.name)[ticket_id].updated_at = AS_OF

    def create(self) -> str:
        return self.company.create(self.name)

    def delete(self, ticket_id: str) -> None:
        self.company.delete(self.name, ticket_id)

    def secrets(self) -> Sequence[str]:
        return [self.credentials.secret]

    def transport(self, app: JiraServer | ServiceNowServer, fail_after: int | None) -> FailingTransport:
        return FailingTransport(httpx.ASGITransport(app.app), fail_after, self.repeats)


class FakeJira(FakeCompany):
    name = "jira"
    unknown_id = "999999999"

    def connector(self, fail_after: int | None = None) -> Connector:
        server = JiraServer(self.company, self.credentials, page_size=TICKETS_A_PAGE)
        settings = JiraConnector.Settings(
            url="http://localhost",
            user=self.credentials.user,
            token=SecretStr(self.credentials.secret),
            since=SINCE,
            overlap=self.overlap,
        )
        return cast(Connector, JiraConnector(settings, Context("jira", transport=self.transport(server, fail_after))))

    def repeat_token(self) -> None:
        self.repeats = True


class FakeServiceNow(FakeCompany):
    name = "servicenow"
    unknown_id = "0" * 32

    def connector(self, fail_after: int | None = None) -> Connector:
        settings = ServiceNowConnector.Settings(
            url="http://localhost",
            user=self.credentials.user,
            password=SecretStr(self.credentials.secret),
            since=SINCE,
            overlap=self.overlap,
            page_size=TICKETS_A_PAGE,
        )
        server = ServiceNowServer(self.company, self.credentials)
        context = Context("servicenow", transport=self.transport(server, fail_after))
        return cast(Connector, ServiceNowConnector(settings, context))

    def stream(self, ticket: Ticket) -> str:
        return ticket.source_kind


class FakeFiles(FakeSystem):
    """Tickets as lines of several files; a change replaces a whole file."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.files = {
            directory / f"{letter}.jsonl": {f"{letter}{number}": AS_OF + timedelta(hours=number) for number in range(6)}
            for letter in "abcd"
        }
        for path in self.files:
            self.write(path)

    def connector(self, fail_after: int | None = None) -> Connector:
        if fail_after is not None:
            pytest.skip("files are read without requests")
        settings = FileConnector.Settings(path=(f"{self.directory}/*.jsonl",))
        return cast(Connector, FileConnector(settings, Context("file")))

    def truth(self) -> Mapping[str, datetime]:
        return {ticket_id: at for lines in self.files.values() for ticket_id, at in lines.items()}

    def touch(self, ticket_id: str) -> None:
        path = next(path for path, lines in self.files.items() if ticket_id in lines)
        self.files[path][ticket_id] = datetime.now(UTC)
        self.write(path)

    def tie(self, ticket_ids: Sequence[str]) -> None:
        for path, lines in self.files.items():
            self.files[path] = dict.fromkeys(lines, AS_OF)
            self.write(path)

    def create(self) -> str:
        path = next(iter(self.files))
        self.files[path]["new"] = datetime.now(UTC)
        self.write(path)
        return "new"

    def delete(self, ticket_id: str) -> None:
        for path, lines in self.files.items():
            lines.pop(ticket_id, None)
            self.write(path)

    def write(self, path: Path) -> None:
        lines = (
            json.dumps({"id": ticket_id, "opened_at": AS_OF.isoformat(), "updated_at": at.isoformat()})
            for ticket_id, at in self.files[path].items()
        )
        part = path.with_suffix(".part")
        part.write_text("\n".join(lines), encoding="utf-8")
        part.replace(path)


class TestJira(ConnectorConformance):
    @pytest.fixture(autouse=True)
    def _small_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("connectors.jira.cloud.BATCH_SIZE", TICKETS_A_PAGE)

    def system(self) -> FakeSystem:
        return FakeJira()


class TestServiceNow(ConnectorConformance):
    def system(self) -> FakeSystem:
        return FakeServiceNow()


class TestFile(ConnectorConformance):
    @pytest.fixture(autouse=True)
    def _directories(self, tmp_path: Path) -> None:
        self.directories = (tmp_path / str(number) for number in itertools.count())

    def system(self) -> FakeSystem:
        directory = next(self.directories)
        directory.mkdir()
        return FakeFiles(directory)
