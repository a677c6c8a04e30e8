"""Logging in and out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from service.web.auth.forms import Form, first, form_of
from service.web.auth.identity import address_of, role_of
from service.web.auth.session import Sessions
from service.web.html.templates import render
from service.web.website import Website

NAMES = {"viewer": "Viewer", "editor": "Editor"}


def router(site: Website) -> APIRouter:
    """`/login` and `/logout`."""
    found = APIRouter(include_in_schema=False)

    @found.get("/login")
    def login(request: Request) -> Response:
        return render(site, request, "login.html", next=_inside(request.query_params.get("next", "")), problem=None)

    @found.post("/login")
    def enter(request: Request, form: Annotated[Form, Depends(form_of)]) -> Response:
        onward, address = _inside(first(form, "next")), address_of(site.settings.web, request)
        if seconds := site.attempts.seconds_to_wait(address):
            problem = f"Too many attempts. Try again in {-(-seconds // 60)} minutes."
            answer = render(site, request, "login.html", 429, next=onward, problem=problem)
            answer.headers["retry-after"] = str(seconds)
            return answer
        role = role_of(site.settings.web, next(iter(form.get("password", ())), ""))
        if role is None:
            site.attempts.note(address)
            return render(site, request, "login.html", 401, next=onward, problem="This password is not known.")
        begun = RedirectResponse(onward, status_code=303)
        site.sessions.keep(begun, site.sessions.begin(NAMES[role], role), secure=request.state.secure)
        return begun

    @found.post("/logout")
    async def leave(request: Request, form: Annotated[Form, Depends(form_of)]) -> Response:
        visitor = getattr(request.state, "visitor", None)
        left = RedirectResponse("/login", status_code=303)
        if visitor is not None and site.sessions.is_form_token(visitor, first(form, "token")):
            Sessions.end(left, secure=request.state.secure)
        return left

    return found


def _inside(path: str) -> str:
    """A path of this site; the overview for anything else, so that no link leads through the login elsewhere."""
    is_ours = path.startswith("/") and path[1:2] not in ("/", "\\") and path.isprintable()
    return path if is_ours else "/"
