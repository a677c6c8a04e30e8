"""Both simulated systems on a free port of this machine."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from service.demo.company import Company
from service.demo.jira.server import JiraServer
from service.demo.login import Credentials
from service.demo.organisation import AUTOMATION
from service.demo.servicenow.server import ServiceNowServer

HOST = "127.0.0.1"
PROVIDER_FIELD = "assignment_group.vendor"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The addresses of the simulated systems, and the credentials that they accept."""

    jira_url: str
    servicenow_url: str
    jira: Credentials
    servicenow: Credentials

    def environment(self) -> dict[str, str]:
        """Return the variables that let Treadmill read both systems, secrets included."""
        prefix = "TREADMILL_SOURCES__"
        return {
            f"{prefix}JIRA__URL": self.jira_url,
            f"{prefix}JIRA__USER": self.jira.user,
            f"{prefix}JIRA__TOKEN": self.jira.secret,
            f"{prefix}SERVICENOW__URL": self.servicenow_url,
            f"{prefix}SERVICENOW__USER": self.servicenow.user,
            f"{prefix}SERVICENOW__PASSWORD": self.servicenow.secret,
            f"{prefix}SERVICENOW__PROVIDER_FIELD": PROVIDER_FIELD,
        }


class _LoopbackServer(uvicorn.Server):
    """A server that ends by `should_exit` alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # Signals belong to the command that runs the demo: captured here, Ctrl-C would stop the servers only.
        yield


@asynccontextmanager
async def serve(company: Company) -> AsyncIterator[Endpoints]:
    """Serve the company below /jira and /servicenow in this event loop while the context is open."""
    jira = JiraServer(company, Credentials("demo@example.com"))
    servicenow = ServiceNowServer(company, Credentials(AUTOMATION))
    app = Starlette(routes=[Mount("/jira", jira.app), Mount("/servicenow", servicenow.app)])
    with socket.socket() as listener:
        # Bound here, not by the server: the port is known and taken before anybody is told of it.
        listener.bind((HOST, 0))
        base = f"http://{HOST}:{listener.getsockname()[1]}"
        async with _running(app, listener):
            yield Endpoints(f"{base}/jira", f"{base}/servicenow", jira.credentials, servicenow.credentials)


@asynccontextmanager
async def _running(app: Starlette, listener: socket.socket) -> AsyncIterator[None]:
    server = _LoopbackServer(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        # A server that fails to start is done without ever being started.
        while not server.started and not serving.done():
            await asyncio.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        await serving
