"""The login form, login and logout."""

from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from service.store.errors import UNAVAILABLE
from service.store.tickets import audit
from service.store.tickets.audit import Actor
from service.web.auth.forms import Form, first, form_of
from service.web.auth.identity import Visitor, address_of, has_logins, role_of
from service.web.auth.rate_limit import wait_in_words
from service.web.auth.session import Sessions
from service.web.html.templates import render
from service.web.website import Website

NAMES = {"viewer": "Viewer", "editor": "Editor"}

log = structlog.get_logger()


def router(site: Website) -> APIRouter:
    """Return the routes `/login` and `/logout`."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/login")
    def login(request: Request) -> Response:
        # Without the database a login would lead nowhere.
        site.database.check()
        return render(site, request, "login.html", next=_local_path(request.query_params.get("next", "")), problem=None)

    async def pause(request: Request) -> None:
        await site.attempts.pause(address_of(site.settings.web, request))

    @routes.post("/login", dependencies=[Depends(pause)])
    def log_in(request: Request, form: Annotated[Form, Depends(form_of)]) -> Response:
        site.database.check()
        target, address = _local_path(first(form, "next")), address_of(site.settings.web, request)
        # Before the password is compared: a right guess must not get through while the address has to wait.
        if seconds := site.attempts.begin(address):
            problem = f"Too many attempts. Try again in {wait_in_words(seconds)}."
            response = render(site, request, "login.html", 429, next=target, problem=problem)
            response.headers["retry-after"] = str(seconds)
            return response
        role = role_of(site.settings.web, next(iter(form.get("password", ())), ""))
        if role is None:
            _record(site, audit.FAILED_LOGIN, address)
            return render(site, request, "login.html", 401, next=target, problem="Wrong password.")
        site.attempts.succeed(address)
        audit.act_as(Actor(NAMES[role], "page"))
        _record(site, "login", address)
        redirect = RedirectResponse(target, status_code=303)
        site.sessions.set_cookie(redirect, site.sessions.begin(NAMES[role], role), secure=request.state.secure)
        return redirect

    @routes.post("/logout")
    def log_out(request: Request) -> Response:
        visitor: Visitor | None = getattr(request.state, "visitor", None)
        response = RedirectResponse("/login", status_code=303)
        # Without a look at the token of the form: a page that is older than the login would log nobody out. The guard
        # has refused what another site began.
        if has_logins(site.settings.web) and visitor is not None and visitor.session:
            site.revocations.revoke(visitor.session)
            Sessions.delete_cookie(response, secure=request.state.secure)
            _record(site, "logout", address_of(site.settings.web, request))
        return response

    return routes


def _record(site: Website, what: str, address: str) -> None:
    """Add an entry with an address to the audit trail."""
    try:
        with site.database.write() as connection:
            audit.record(connection, what, site.filter_person(address))
    except UNAVAILABLE as problem:
        # A full disk is no reason to shut those out who could read what is wrong.
        log.warning("an entry of the audit trail was lost", what=what, reason=str(problem))


def _local_path(path: str) -> str:
    """Return a path of this site; the overview for anything else."""
    # `//host` and `/\host` lead to another site: a link to the login must not become one to anywhere.
    is_local = path.startswith("/") and path[1:2] not in ("/", "\\") and path.isprintable()
    return path if is_local else "/"
