"""The HTTP server: pages and API behind access control, and health, readiness and metrics for operators."""

import contextlib
import logging
import socket
from collections.abc import Callable, Generator
from functools import partial

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.staticfiles import StaticFiles

from config.settings import Web
from service.monitoring.health import Readiness, readiness_in_time
from service.web.api import routes
from service.web.api.description import DescribedApp
from service.web.auth.middleware import Guard
from service.web.connections import ACCEPTED_AT_ONCE, QUEUE, BoundedConnection, raise_handle_limit
from service.web.deadline import PageDeadline
from service.web.head_requests import HeadRequests
from service.web.html.errors import add_error_handlers, database_down, error_response
from service.web.pages import (
    api,
    corrections,
    cycles,
    definitions,
    forecast,
    login,
    loops,
    overview,
    pairs,
    review,
    sample,
    sources,
    teams,
    tickets,
    trends,
)
from service.web.website import Website

PAGES = (
    login, overview, cycles, forecast, corrections, loops, trends, teams, review, sample, pairs, sources, tickets,
    definitions, api, routes,
)  # fmt: skip


def application(site: Website, update_metrics: Callable[[], None], *, with_pages: bool = True) -> FastAPI:
    """Return the application; `update_metrics` runs before each answer of /metrics.

    Without pages and API it has only the routes of probes and Prometheus.

    FastAPI calls the routes that read the database in threads: they are not async.
    """
    web = site.settings.web
    app = DescribedApp(web)
    refuse, unavailable = partial(error_response, site), partial(database_down, site)
    app.add_middleware(PageDeadline, refuse=unavailable)
    app.add_middleware(
        Guard, web=web, sessions=site.sessions, revocations=site.revocations, refuse=refuse, unavailable=unavailable,
        filter_person=site.filter_person,
    )  # fmt: skip
    app.add_middleware(HeadRequests)
    app.mount("/static", StaticFiles(packages=[("service.web", "static")]))
    for page in PAGES if with_pages else ():
        # Not `include_router`, which would analyse every route once more: a third of the time to build the app.
        app.router.routes.extend(page.router(site).routes)
    add_error_handlers(app, site)
    _add_operator_routes(app, site.ready, update_metrics)
    return app


def _add_operator_routes(app: FastAPI, ready: Callable[[], Readiness], update_metrics: Callable[[], None]) -> None:
    """Add the routes of probes and Prometheus, which reveal nothing about tickets."""

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    async def readyz(request: Request) -> JSONResponse:
        readiness = await readiness_in_time(ready)
        # Sentences name sources, hosts and users; those who are not logged in get how many problems of which kind.
        is_known = getattr(request.state, "visitor", None) is not None
        problems = readiness.problems if is_known else readiness.summary
        status = {"status": "ready" if readiness.is_ready else "not ready", "problems": problems}
        return JSONResponse(status, status_code=200 if readiness.is_ready else 503)

    @app.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        update_metrics()
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


class Server(uvicorn.Server):
    """A Uvicorn server that leaves signals to the process that runs it, and accepts few connections at once."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen."""
        await super().startup(sockets)
        # asyncio takes one number for both: how many it accepts at once, and how many wait in the system.
        for listener in (place for server in self.servers for place in server.sockets):
            with listener.dup() as same:
                same.listen(QUEUE)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Capture no signals."""
        # The service stops its workers first; Uvicorn would end the process before they had.
        yield


def server(app: FastAPI, web: Web) -> Server:
    """Return a server for the app, ready to `serve()`; setting `should_exit` ends it."""
    raise_handle_limit()
    # Without Uvicorn's own proxy headers: it would believe them from any peer, not only from the configured networks.
    config = uvicorn.Config(
        app, host=web.host, port=web.port, log_config=None, access_log=False, server_header=False,
        lifespan="off", timeout_graceful_shutdown=2, proxy_headers=False,
        http=BoundedConnection, ws="none", backlog=ACCEPTED_AT_ONCE,
    )  # fmt: skip
    # Whoever runs the server tells why it cannot listen, and what to do.
    logging.getLogger("uvicorn.error").addFilter(_is_no_raw_error)
    return Server(config)


def _is_no_raw_error(record: logging.LogRecord) -> bool:
    """Return False for an error that Uvicorn logs as it is before it gives up."""
    return not isinstance(record.msg, OSError)
