"""Error handlers: a page for people, JSON for programs."""

import logging
from functools import partial
from http import HTTPStatus

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.routing import Match

from service.analysis.weeks import PeriodError
from service.report.cache import ReportsPending
from service.store.errors import UNAVAILABLE
from service.store.queries.scopes import ScopeError, UnknownScope
from service.web.auth.middleware import API, METRICS, READINESS
from service.web.auth.request_checks import path_of
from service.web.html.templates import render
from service.web.parameters import ParameterError
from service.web.website import Website

RETRY_SECONDS = 10
DOWN = (
    "The database does not answer, so there is nothing to show. Reload this page in a moment. If it stays so, "
    "an operator finds the reason in the log and, logged in, at /readyz."
)
METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")
NO_PAGE = "There is no such page."
TITLES = {
    400: "Invalid request",
    401: "Not allowed",
    403: "Not allowed",
    404: "Not found",
    405: "Not allowed here",
    413: "Invalid request",
    422: "Invalid request",
    503: "Please wait",
}


def error_response(site: Website, request: Request, status: int, detail: str, title: str | None = None) -> Response:
    """Return an error as a page, or as JSON below `/api/`."""
    path = path_of(request.scope)
    if path.startswith(API) or path in (METRICS, READINESS):
        return JSONResponse({"detail": detail}, status_code=status)
    title = title or TITLES.get(status, "Something went wrong")
    return render(site, request, "error.html", status, title=title, detail=detail)


def _allowed_methods(request: Request) -> str:
    """Return the methods that the address of a request accepts: `GET, HEAD, POST`."""
    # Starlette names those of one route, and a page has a route for each of its methods.
    allowed = {method for method in METHODS if _accepts(request, method)}
    if request.method in allowed:
        # A route that takes any method and refuses this one is that of the static files.
        allowed = {"GET"}
    return ", ".join(sorted(allowed | ({"HEAD"} if "GET" in allowed else set())))


def _accepts(request: Request, method: str) -> bool:
    scope = {**request.scope, "method": method, "root_path": ""}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)


def database_down(site: Website, request: Request) -> Response:
    """Return the answer to a request that needs a database which does not answer."""
    response = error_response(site, request, 503, DOWN, "The database does not answer")
    response.headers["retry-after"] = str(RETRY_SECONDS)
    return response


def add_error_handlers(app: FastAPI, site: Website) -> None:
    """Answer errors as a page, or as JSON below `/api/`."""
    respond = partial(error_response, site)

    @app.exception_handler(StarletteHTTPException)
    def http_error(request: Request, problem: HTTPException) -> Response:
        # Starlette's own words for an address or a method without a route.
        sentences = {"Not Found": NO_PAGE, "Method Not Allowed": f"This address does not accept {request.method}."}
        response = respond(request, problem.status_code, sentences.get(problem.detail, problem.detail))
        if problem.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            response.headers["allow"] = _allowed_methods(request)
        return response

    @app.exception_handler(RequestValidationError)
    def invalid_request(request: Request, problem: RequestValidationError) -> Response:
        if path_of(request.scope).startswith(API):
            # Only these: `input` and `ctx` would send back what the client sent, secrets included.
            errors = [{name: error[name] for name in ("type", "loc", "msg")} for error in problem.errors()]
            return JSONResponse({"detail": errors}, status_code=422)
        return respond(request, 404, NO_PAGE)

    @app.exception_handler(ScopeError)
    @app.exception_handler(PeriodError)
    @app.exception_handler(ParameterError)
    def malformed(request: Request, problem: ScopeError | PeriodError | ParameterError) -> Response:
        return respond(request, 400, f"{problem}.")

    @app.exception_handler(ReportsPending)
    def busy(request: Request, _: ReportsPending) -> Response:
        response = respond(request, 503, "Other reports are being computed. Reload this page in a moment.")
        response.headers["retry-after"] = str(RETRY_SECONDS)
        return response

    async def unavailable(request: Request, problem: Exception) -> Response:
        # As a library does: those lines are limited, and every visitor would write one here.
        logging.getLogger(__name__).warning("the database does not answer: %s", str(problem).partition("\n")[0])
        return database_down(site, request)

    for problem in UNAVAILABLE:
        app.add_exception_handler(problem, unavailable)

    @app.exception_handler(UnknownScope)
    def unknown_scope(request: Request, problem: UnknownScope) -> Response:
        return respond(request, 404, str(problem))
