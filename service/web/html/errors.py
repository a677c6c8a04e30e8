"""What goes wrong, told as a page, or as JSON to a program."""

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from service.analysis.weeks import PeriodError
from service.report.cache import BeingMade
from service.store.queries.scopes import ScopeError
from service.web.auth.middleware import API
from service.web.html.templates import UnknownScope, render
from service.web.website import Website

SECONDS_LATER = 10
TITLES = {
    400: "This cannot be done",
    403: "Not allowed",
    404: "Not found",
    405: "Not found",
    422: "This cannot be done",
    503: "In a moment",
}


def answer_problems(app: FastAPI, site: Website) -> None:
    """Answers errors in the form in which a page or the API is asked for."""

    def told(request: Request, status: int, detail: str) -> Response:
        if request.url.path.startswith(API):
            return JSONResponse({"detail": detail}, status_code=status)
        title = TITLES.get(status, "Something went wrong")
        return render(site, request, "error.html", status, title=title, detail=detail)

    @app.exception_handler(StarletteHTTPException)
    def refused(request: Request, problem: HTTPException) -> Response:
        detail = "There is no such page." if problem.detail == "Not Found" else problem.detail
        return told(request, problem.status_code, detail)

    @app.exception_handler(RequestValidationError)
    def misunderstood(request: Request, problem: RequestValidationError) -> Response:
        if request.url.path.startswith(API):
            found = [{name: one[name] for name in ("type", "loc", "msg")} for one in problem.errors()]
            return JSONResponse({"detail": found}, status_code=422)
        return told(request, 404, "There is no such page.")

    @app.exception_handler(ScopeError)
    @app.exception_handler(PeriodError)
    def meaningless(request: Request, problem: ScopeError | PeriodError) -> Response:
        return told(request, 400, f"{problem}.")

    @app.exception_handler(BeingMade)
    def later(request: Request, _: BeingMade) -> Response:
        answer = told(request, 503, "Other reports are being worked out. Load this again in a moment.")
        answer.headers["retry-after"] = str(SECONDS_LATER)
        return answer

    @app.exception_handler(UnknownScope)
    def unknown(request: Request, problem: UnknownScope) -> Response:
        return told(request, 404, f"No ticket belongs to the scope {problem}.")
