"""The HTTP server: health, readiness and metrics."""

import contextlib
import secrets
from collections.abc import Callable, Generator

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from treadmill.config.settings import LOOPBACK, Web
from treadmill.service.store.sources import SourceState
from treadmill.service.sync.telemetry import observe_sources
from treadmill.service.web.health import Readiness


def application(web: Web, ready: Callable[[], Readiness], states: Callable[[], list[SourceState]]) -> FastAPI:
    """The pages that this release has. Functions that read the database are called in threads."""
    app = FastAPI(title="Treadmill", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    def readyz() -> JSONResponse:
        found = ready()
        status = {"status": "ready" if found.is_ready else "not ready", "problems": found.problems}
        return JSONResponse(status, status_code=200 if found.is_ready else 503)

    @app.get("/metrics")
    def metrics(request: Request) -> Response:
        if not _may_read_metrics(web, request.headers.get("authorization", "")):
            return PlainTextResponse("Send the bearer token of TREADMILL_WEB__TOKEN.\n", status_code=401)
        observe_sources(states())
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return app


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
    )  # fmt: skip
    return Server(config)
