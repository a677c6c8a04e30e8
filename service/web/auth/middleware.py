"""Access control before every page, and the security headers of every response."""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from config.settings import Web
from service.store.errors import UNAVAILABLE
from service.store.tickets import audit
from service.store.tickets.audit import Actor
from service.web.auth import identity
from service.web.auth.identity import Visitor
from service.web.auth.rate_limit import Attempts, wait_in_words
from service.web.auth.request_checks import path_of, problem_of
from service.web.auth.revocation import Revocations
from service.web.auth.session import COOKIE, HTTPS_COOKIE, Sessions

OPEN_PATHS = ("/healthz", "/readyz", "/login", "/favicon.ico")
STATIC, API, METRICS, READINESS = "/static/", "/api/", "/metrics", "/readyz"
SAME_FOR_ALL = ("/healthz", "/favicon.ico")
"""Paths that, like static files, are the same for everybody and need no database."""
Admission = tuple[Response | None, str | None]
LOGIN_PROBLEM = "Log in, or send the bearer token of TREADMILL_WEB__TOKEN."
SCRAPE_PROBLEM = "Set TREADMILL_WEB__TOKEN and send it as bearer token."
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
NO_STORE, IMMUTABLE = "no-store", "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Guard:
    """Middleware that admits visitors and puts each into the state of the request.

    `refuse` returns the answer to a request with an error of this status and sentence, `unavailable` that of a database
    that does not answer, `filter_person` what the audit trail holds in the place of a person.
    """

    app: ASGIApp
    web: Web
    sessions: Sessions
    revocations: Revocations
    refuse: Callable[[Request, int, str], Response]
    unavailable: Callable[[Request], Response]
    filter_person: Callable[[str | None], str | None]
    # Wrong tokens are counted apart from wrong passwords: a program with an old token must lock no person out.
    tokens: Attempts = field(default_factory=Attempts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request, or pass it on to the application."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        # Read once: a mount changes the scope.
        path, secure = path_of(scope), identity.is_secure(self.web, request)
        scope.setdefault("state", {})["secure"] = secure
        refusal, cookie = await self._admit_or_fail(request, path, secure=secure)
        audit.act_as(self._actor(request, path))

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                # The URL of a static file changes with its content, so browsers may keep it.
                if path.startswith(STATIC) and message["status"] == 200:
                    headers.setdefault("cache-control", IMMUTABLE)
                _set_headers(headers, secure=secure, cookie=cookie)
            await send(message)

        await (refusal or self.app)(scope, receive, send_with_headers)

    async def _admit_or_fail(self, request: Request, path: str, *, secure: bool) -> Admission:
        try:
            return await self._admit(request, path, secure=secure)
        except UNAVAILABLE:
            return self.unavailable(request), None

    async def _admit(self, request: Request, path: str, *, secure: bool) -> Admission:
        """Return (the response that refuses a request, if any; the cookie of a session that begins with it)."""
        if (refusal := self._refusal(request)) is not None:
            return refusal, None
        is_public = path in OPEN_PATHS or path.startswith(STATIC)
        problem = identity.problem_in_open_mode(self.web, request) if self.web.is_open else None
        if problem is not None:
            return None if is_public else self.refuse(request, 403, problem), None
        if path.startswith(STATIC) or path in SAME_FOR_ALL:
            # No session begins with them either: its cookie would replace that of the page which they belong to.
            return None, None
        current = await self._session(request, secure=secure)
        visitor = self._visitor(request, path, current)
        if path == METRICS:
            return None if self._may_scrape(visitor) else self._token_required(request, SCRAPE_PROBLEM), None
        if visitor is None:
            return None if is_public else self._login_required(request, path), None
        visitor = self._with_session(visitor, current)
        request.state.visitor = visitor
        is_new = visitor.session is not None and visitor != current
        return None, _cookie(self.sessions, visitor, secure=secure) if is_new else None

    def _refusal(self, request: Request) -> Response | None:
        """Return the answer to a request that is malformed or that another site has sent."""
        if (problem := problem_of(self.web, request)) is not None:
            return self.refuse(request, 400, problem)
        if request.method not in SAFE_METHODS and not identity.is_same_origin(self.web, request):
            return self.refuse(request, 403, "Another site sent this change.")
        return None

    def _actor(self, request: Request, path: str) -> Actor:
        """Return the author of what this request changes."""
        visitor: Visitor | None = getattr(request.state, "visitor", None)
        name = visitor.name if visitor else None
        # A proxy names people; all other names are those of roles.
        is_person = self.web.auth == "proxy" and visitor is not None and not visitor.is_program
        return Actor(self.filter_person(name) if is_person else name, "api" if path.startswith(API) else "page")

    async def _session(self, request: Request, *, secure: bool) -> Visitor | None:
        """Return the visitor of a session that is valid and was not ended by a logout."""
        current = self.sessions.read(request.cookies.get(HTTPS_COOKIE if secure else COOKIE))
        has_logins = identity.has_logins(self.web)
        is_over = has_logins and current is not None and await self.revocations.includes(current.session or "")
        return None if is_over else current

    def _visitor(self, request: Request, path: str, current: Visitor | None) -> Visitor | None:
        header = request.headers.get("authorization")
        if header is not None and (path.startswith(API) or path in (METRICS, READINESS)):
            return self._by_token(request, header)
        if self.web.auth == "proxy":
            return identity.by_proxy(self.web, request)
        return Visitor("You", "editor") if self.web.is_open else current

    def _may_scrape(self, visitor: Visitor | None) -> bool:
        """Return whether a visitor may read the metrics: programs with the token, or anybody at an open page."""
        return (self.web.is_open and self.web.token is None) or (visitor is not None and visitor.is_program)

    def _by_token(self, request: Request, header: str) -> Visitor | None:
        """Return the program that sent a token; None for a wrong one, and while its address has to wait."""
        address = identity.address_of(self.web, request)
        if not header.startswith(identity.BEARER) or self.tokens.begin(address):
            return None
        visitor = identity.by_token(self.web, header)
        if visitor is not None:
            self.tokens.succeed(address)
        return visitor

    def _with_session(self, visitor: Visitor, current: Visitor | None) -> Visitor:
        """Return the visitor with a session, which forms need even where nobody logs in; an API needs none."""
        if visitor.session is not None or visitor.is_program:
            return visitor
        if current is not None and (current.name, current.role) == (visitor.name, visitor.role):
            return current
        return self.sessions.begin(visitor.name, visitor.role)

    def _login_required(self, request: Request, path: str) -> Response:
        if path.startswith(API):
            return self._token_required(request, LOGIN_PROBLEM)
        if self.web.auth == "proxy":
            problem = f"No proxy of TREADMILL_WEB__PROXIES names a user in the header {self.web.proxy_header}."
            return self.refuse(request, 401, problem)
        if request.method not in SAFE_METHODS:
            return self.refuse(request, 401, "Log in first.")
        query = request.scope["query_string"].decode("latin-1")
        target = quote(path) + (f"?{query}" if query else "")
        return RedirectResponse(f"/login?next={quote(target, safe='')}", status_code=303)

    def _token_required(self, request: Request, problem: str) -> Response:
        has_token = request.headers.get("authorization", "").startswith(identity.BEARER)
        address = identity.address_of(self.web, request)
        if has_token and (seconds := self.tokens.seconds_to_wait(address)):
            detail = f"Too many wrong tokens. Try again in {wait_in_words(seconds)}."
            return JSONResponse({"detail": detail}, status_code=429, headers={"retry-after": str(seconds)})
        return JSONResponse({"detail": problem}, status_code=401, headers={"www-authenticate": "Bearer"})


def _cookie(sessions: Sessions, visitor: Visitor, *, secure: bool) -> str:
    """Return the header that sets a session's cookie: the response to carry it does not exist yet."""
    carrier = Response()
    sessions.set_cookie(carrier, visitor, secure=secure)
    return carrier.headers["set-cookie"]


def _set_headers(headers: MutableHeaders, *, secure: bool, cookie: str | None) -> None:
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    # Pages show tickets: a shared cache or the back button after a logout must not.
    headers.setdefault("cache-control", NO_STORE)
    if secure:
        headers["strict-transport-security"] = "max-age=31536000"
    if cookie is not None:
        headers.append("set-cookie", cookie)
