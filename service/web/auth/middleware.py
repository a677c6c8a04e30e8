"""Access control before every page, and the security headers of every response."""

from dataclasses import dataclass, field
from urllib.parse import quote, unquote_plus

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from config.settings import Web
from service.analysis.formatting import count
from service.web.auth import identity
from service.web.auth.identity import Visitor
from service.web.auth.rate_limit import Attempts
from service.web.auth.session import COOKIE, HTTPS_COOKIE, Sessions

OPEN_PATHS = ("/healthz", "/readyz", "/metrics", "/login", "/favicon.ico")
STATIC, API = "/static/", "/api/"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
NUL, NUL_PROBLEM = "\0", "NUL bytes are not allowed."
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
    """Middleware that admits visitors and puts each into the state of the request."""

    app: ASGIApp
    web: Web
    sessions: Sessions
    # Wrong tokens are counted apart from wrong passwords: a program with an old token must lock no person out.
    tokens: Attempts = field(default_factory=Attempts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request, or pass it on to the application."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        secure = identity.is_secure(self.web, request)
        refusal, cookie = self._admit(request, secure=secure)
        scope.setdefault("state", {})["secure"] = secure

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                # The URL of a static file changes with its content, so browsers may keep it.
                if scope["path"].startswith(STATIC) and message["status"] == 200:
                    headers.setdefault("cache-control", IMMUTABLE)
                _set_headers(headers, secure=secure, cookie=cookie)
            await send(message)

        await (refusal or self.app)(scope, receive, send_with_headers)

    def _admit(self, request: Request, *, secure: bool) -> tuple[Response | None, str | None]:
        """Return (the response that refuses a request, if any; the cookie of a session that begins with it)."""
        path, changes = request.url.path, request.method not in SAFE_METHODS
        # PostgreSQL answers a NUL in any text with an error: it is refused before a route uses the text in a query.
        if NUL in request.scope["path"] or NUL in unquote_plus(request.url.query):
            return _refusal(path, NUL_PROBLEM, 400), None
        if changes and not identity.is_same_origin(self.web, request):
            return _refusal(path, "Another site sent this change."), None
        current = self.sessions.read(request.cookies.get(HTTPS_COOKIE if secure else COOKIE))
        visitor = self._visitor(request, current)
        if self.web.is_open and path not in OPEN_PATHS and not identity.is_local_host(self.web, request):
            return _refusal(path, "This page is open to this machine only, under the machine's own name."), None
        if visitor is None:
            return (None if path in OPEN_PATHS or path.startswith(STATIC) else self._login_required(request)), None
        visitor = self._with_session(visitor, current)
        request.state.visitor = visitor
        is_new = visitor.session is not None and visitor != current
        return None, _cookie(self.sessions, visitor, secure=secure) if is_new else None

    def _visitor(self, request: Request, current: Visitor | None) -> Visitor | None:
        header = request.headers.get("authorization")
        if header is not None and request.url.path.startswith(API):
            return self._by_token(request, header)
        if self.web.auth == "proxy":
            return identity.by_proxy(self.web, request)
        return Visitor("You", "editor") if self.web.is_open else current

    def _by_token(self, request: Request, header: str) -> Visitor | None:
        """Return the program that sent a token; None for a wrong one, and while its address has to wait."""
        address = identity.address_of(self.web, request)
        if self.tokens.seconds_to_wait(address):
            return None
        visitor = identity.by_token(self.web, header)
        if visitor is None and header.startswith(identity.BEARER):
            self.tokens.note(address)
        return visitor

    def _with_session(self, visitor: Visitor, current: Visitor | None) -> Visitor:
        """Return the visitor with a session, which forms need even where nobody logs in; an API needs none."""
        if visitor.session is not None or visitor.name == "API":
            return visitor
        if current is not None and (current.name, current.role) == (visitor.name, visitor.role):
            return current
        return self.sessions.begin(visitor.name, visitor.role)

    def _login_required(self, request: Request) -> Response:
        if request.url.path.startswith(API):
            return self._token_required(request)
        if self.web.auth == "proxy":
            problem = f"No proxy of TREADMILL_WEB__PROXIES names a user in the header {self.web.proxy_header}.\n"
            return PlainTextResponse(problem, status_code=401)
        if request.method not in SAFE_METHODS:
            return PlainTextResponse("Log in first.\n", status_code=401)
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?next={quote(target, safe='')}", status_code=303)

    def _token_required(self, request: Request) -> Response:
        has_token = request.headers.get("authorization", "").startswith(identity.BEARER)
        address = identity.address_of(self.web, request)
        if has_token and (seconds := self.tokens.seconds_to_wait(address)):
            problem = {"detail": f"Too many wrong tokens. Try again in {count(-(-seconds // 60), 'minute')}."}
            return JSONResponse(problem, status_code=429, headers={"retry-after": str(seconds)})
        problem = {"detail": "Log in, or send the bearer token of TREADMILL_WEB__TOKEN."}
        return JSONResponse(problem, status_code=401, headers={"www-authenticate": "Bearer"})


def _refusal(path: str, problem: str, status: int = 403) -> Response:
    if path.startswith(API):
        return JSONResponse({"detail": problem}, status_code=status)
    return PlainTextResponse(f"{problem}\n", status_code=status)


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
