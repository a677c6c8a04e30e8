"""What stands before every page: who may enter, and the headers that all answers carry."""

from dataclasses import dataclass, field
from urllib.parse import quote, unquote_plus

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from config.settings import Web
from service.web.auth import identity
from service.web.auth.identity import Visitor
from service.web.auth.rate_limit import Attempts
from service.web.auth.session import COOKIE, COOKIE_OF_HTTPS, Sessions

OPEN = ("/healthz", "/readyz", "/metrics", "/login", "/favicon.ico")
STATIC, API = "/static/", "/api/"
SAFE = ("GET", "HEAD", "OPTIONS")
NUL = "\0"
"""No text in PostgreSQL may have one in it."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
NOT_KEPT, KEPT_FOR_LONG = "no-store", "public, max-age=31536000, immutable"
"""Static files have another address for another content."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Lets those in who may enter, with the visitor in the request's state."""

    app: ASGIApp
    web: Web
    sessions: Sessions
    tokens: Attempts = field(default_factory=Attempts)
    """Wrong tokens: apart from wrong passwords, so that a program with an old token locks no person out."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers itself, or hands on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        secure = identity.is_secure(self.web, request)
        answer, cookie = self._admitted(request, secure=secure)
        scope.setdefault("state", {})["secure"] = secure

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if scope["path"].startswith(STATIC) and message["status"] == 200:
                    headers.setdefault("cache-control", KEPT_FOR_LONG)
                _complete(headers, secure=secure, cookie=cookie)
            await send(message)

        await (answer or self.app)(scope, receive, headed)

    def _admitted(self, request: Request, *, secure: bool) -> tuple[Response | None, str | None]:
        """(what refuses a request, if anything does; the cookie of a session that begins with it)."""
        path, changes = request.url.path, request.method not in SAFE
        if NUL in request.scope["path"] or NUL in unquote_plus(request.url.query):
            return _refusal(path, "No name has a NUL in it.", 400), None
        if changes and not identity.comes_from_here(self.web, request):
            return _refusal(path, "This change was begun on another site."), None
        known = self.sessions.read(request.cookies.get(COOKIE_OF_HTTPS if secure else COOKIE))
        found = self._visitor(request, known)
        if self.web.is_open and path not in OPEN and not identity.names_this_machine(self.web, request):
            return _refusal(path, "This page is open to this machine only, by its own name."), None
        if found is None:
            return (None if path in OPEN or path.startswith(STATIC) else self._refused(request)), None
        begun = self._with_session(found, known)
        request.state.visitor = begun
        return None, _cookie(self.sessions, begun, secure=secure) if _is_new(begun, known) else None

    def _visitor(self, request: Request, known: Visitor | None) -> Visitor | None:
        header = request.headers.get("authorization")
        if header is not None and request.url.path.startswith(API):
            return self._by_token(request, header)
        if self.web.auth == "proxy":
            return identity.by_proxy(self.web, request)
        return Visitor("You", "editor") if self.web.is_open else known

    def _by_token(self, request: Request, header: str) -> Visitor | None:
        """The program behind a token; nobody while its address has to wait."""
        address = identity.address_of(self.web, request)
        if self.tokens.seconds_to_wait(address):
            return None
        found = identity.by_token(self.web, header)
        if found is None and header.startswith(identity.BEARER):
            self.tokens.note(address)
        return found

    def _without_token(self, request: Request) -> Response:
        sent = request.headers.get("authorization", "").startswith(identity.BEARER)
        seconds = self.tokens.seconds_to_wait(identity.address_of(self.web, request)) if sent else 0
        if seconds:
            told = {"detail": f"Too many wrong tokens. Try again in {-(-seconds // 60)} minutes."}
            return JSONResponse(told, status_code=429, headers={"retry-after": str(seconds)})
        told = {"detail": "Log in, or send the bearer token of TREADMILL_WEB__TOKEN."}
        return JSONResponse(told, status_code=401, headers={"www-authenticate": "Bearer"})

    def _with_session(self, found: Visitor, known: Visitor | None) -> Visitor:
        """Who comes through a proxy, or opens the page on the machine itself, has a session for the forms alone."""
        if found.session is not None or found.name == "API":
            return found
        if known is not None and (known.name, known.role) == (found.name, found.role):
            return known
        return self.sessions.begin(found.name, found.role)

    def _refused(self, request: Request) -> Response:
        if request.url.path.startswith(API):
            return self._without_token(request)
        if self.web.auth == "proxy":
            told_ = f"No proxy of TREADMILL_WEB__PROXIES names a user in the header {self.web.proxy_header}.\n"
            return PlainTextResponse(told_, status_code=401)
        if request.method not in SAFE:
            return PlainTextResponse("Log in first.\n", status_code=401)
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?next={quote(asked, safe='')}", status_code=303)


def _refusal(path: str, told: str, status: int = 403) -> Response:
    if path.startswith(API):
        return JSONResponse({"detail": told}, status_code=status)
    return PlainTextResponse(f"{told}\n", status_code=status)


def _is_new(found: Visitor, known: Visitor | None) -> bool:
    return found.session is not None and found != known


def _cookie(sessions: Sessions, begun: Visitor, *, secure: bool) -> str:
    carrier = Response()
    sessions.keep(carrier, begun, secure=secure)
    return carrier.headers["set-cookie"]


def _complete(headers: MutableHeaders, *, secure: bool, cookie: str | None) -> None:
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("cache-control", NOT_KEPT)
    if secure:
        headers["strict-transport-security"] = "max-age=31536000"
    if cookie is not None:
        headers.append("set-cookie", cookie)
