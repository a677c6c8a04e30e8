"""The HTTP server: the pages behind their guard, the API, health, readiness and metrics."""

import contextlib
import secrets
from collections.abc import Callable, Generator

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.staticfiles import StaticFiles

from config.settings import LOOPBACK, Web
from service.monitoring.health import Readiness
from service.store.tickets.sources import SourceState
from service.sync.metrics import observe_sources
from service.web.api import routes
from service.web.api.description import Described
from service.web.auth.middleware import Guard
from service.web.html.errors import answer_problems
from service.web.pages import (
    api,
    cycles,
    definitions,
    feedback,
    login,
    loops,
    overview,
    review,
    sources,
    teams,
    tickets,
    trends,
)
from service.web.website import Website


def application(site: Website, states: Callable[[], list[SourceState]]) -> FastAPI:
    """All that is served. Functions that read the database are called in threads."""
    web, ready = site.settings.web, site.ready
    app = Described(web)
    app.add_middleware(Guard, web=web, sessions=site.sessions)
    app.mount("/static", StaticFiles(packages=[("service.web", "static")]))
    for page in (
        login,
        overview,
        cycles,
        feedback,
        loops,
        trends,
        teams,
        review,
        sources,
        tickets,
        definitions,
        api,
        routes,
    ):
        app.include_router(page.router(site))
    answer_problems(app, site)
    _operation(app, web, ready, states)
    return app


def _operation(app: FastAPI, web: Web, ready: Callable[[], Readiness], states: Callable[[], list[SourceState]]) -> None:
    """What operators and their tools ask for: it stays open, and tells nothing of tickets."""

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    def readyz() -> JSONResponse:
        found = ready()
        status = {"status": "ready" if found.is_ready else "not ready", "problems": found.problems}
        return JSONResponse(status, status_code=200 if found.is_ready else 503)

    @app.get("/metrics", include_in_schema=False)
    def metrics(request: Request) -> Response:
        if not _may_read_metrics(web, request.headers.get("authorization", "")):
            return PlainTextResponse("Send the bearer token of TREADMILL_WEB__TOKEN.\n", status_code=401)
        observe_sources(states())
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _may_read_metrics(web: Web, header: str) -> bool:
    """Open on loopback as long as no token is set; else the token is asked for."""
    if web.token is None:
        return web.host in LOOPBACK
    return secrets.compare_digest(header.encode(), f"Bearer {web.token.get_secret_value()}".encode())


class Server(uvicorn.Server):
    """A server that leaves the signals to whoever started it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Captures none."""
        yield


def server(app: FastAPI, web: Web) -> Server:
    """A server for the app, ready to `serve()`; `should_exit` ends it."""
    config = uvicorn.Config(
        app, host=web.host, port=web.port, log_config=None, access_log=False, server_header=False,
        lifespan="off", timeout_graceful_shutdown=2,
        proxy_headers=False,
    )  # fmt: skip
    return Server(config)
