"""Error handlers: a page for people, JSON for programs."""

from functools import partial

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from service.analysis.weeks import PeriodError
from service.report.cache import ReportsPending
from service.store.queries.scopes import ScopeError
from service.web.auth.middleware import API
from service.web.auth.request_checks import path_of
from service.web.html.templates import UnknownScope, render
from service.web.website import Website

RETRY_SECONDS = 10
NO_PAGE = "There is no such page."
TITLES = {
    400: "Invalid request",
    401: "Not allowed",
    403: "Not allowed",
    404: "Not found",
    405: "Not found",
    413: "Invalid request",
    422: "Invalid request",
    503: "Please wait",
}


def error_response(site: Website, request: Request, status: int, detail: str) -> Response:
    """Return an error as a page, or as JSON below `/api/`."""
    if path_of(request.scope).startswith(API):
        return JSONResponse({"detail": detail}, status_code=status)
    title = TITLES.get(status, "Something went wrong")
    return render(site, request, "error.html", status, title=title, detail=detail)


def add_error_handlers(app: FastAPI, site: Website) -> None:
    """Answer errors as a page, or as JSON below `/api/`."""
    respond = partial(error_response, site)

    @app.exception_handler(StarletteHTTPException)
    def http_error(request: Request, problem: HTTPException) -> Response:
        detail = NO_PAGE if problem.detail == "Not Found" else problem.detail
        return respond(request, problem.status_code, detail)

    @app.exception_handler(RequestValidationError)
    def invalid_request(request: Request, problem: RequestValidationError) -> Response:
        if path_of(request.scope).startswith(API):
            # Only these: `input` and `ctx` would send back what the client sent, secrets included.
            errors = [{name: error[name] for name in ("type", "loc", "msg")} for error in problem.errors()]
            return JSONResponse({"detail": errors}, status_code=422)
        return respond(request, 404, NO_PAGE)

    @app.exception_handler(ScopeError)
    @app.exception_handler(PeriodError)
    def malformed(request: Request, problem: ScopeError | PeriodError) -> Response:
        return respond(request, 400, f"{problem}.")

    @app.exception_handler(ReportsPending)
    def busy(request: Request, _: ReportsPending) -> Response:
        response = respond(request, 503, "Other reports are being computed. Reload this page in a moment.")
        response.headers["retry-after"] = str(RETRY_SECONDS)
        return response

    @app.exception_handler(UnknownScope)
    def unknown_scope(request: Request, problem: UnknownScope) -> Response:
        return respond(request, 404, f"No ticket belongs to the scope {problem}.")
