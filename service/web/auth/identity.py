"""Visitors: how a request is attributed to one, and what that visitor may do."""

import secrets
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from pydantic import SecretStr
from starlette.requests import Request

from config.settings import LOOPBACK, Web

Role = Literal["viewer", "editor"]
BEARER = "Bearer "
EVERYBODY = "*"
FORWARDING = {"forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip"}
PROXY_PROBLEM = (
    "This Treadmill has no password and answers its own machine only, and this request came through a proxy. Set "
    "TREADMILL_WEB__PASSWORD, or TREADMILL_WEB__AUTH=proxy if the proxy authenticates its users, and start Treadmill "
    "again."
)


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person or program that may read, and as an editor change. Form tokens belong to `session`; an API has none."""

    name: str
    role: Role
    session: str | None = None
    is_program: bool = False

    @property
    def may_change(self) -> bool:
        """True for an editor."""
        return self.role == "editor"


def role_of(web: Web, password: str) -> Role | None:
    """Return the role that a password opens; None for a wrong one."""
    # Both are compared to their end, whichever is right, so that the time taken reveals neither.
    editor, viewer = (_equals(secret, password) for secret in (web.editor_password, web.password))
    return "editor" if editor else "viewer" if viewer else None


def by_token(web: Web, header: str) -> Visitor | None:
    """Return the program that sent a bearer token; None for a wrong token. It may read."""
    is_valid = header.startswith(BEARER) and _equals(web.token, header.removeprefix(BEARER))
    return Visitor("API", "viewer", is_program=True) if is_valid else None


def by_proxy(web: Web, request: Request) -> Visitor | None:
    """Return the user whom a trusted proxy names; None where the request did not come through one."""
    name = request.headers.get(web.proxy_header, "").strip()
    if not name or not is_proxy(web, request):
        return None
    return Visitor(name, "editor" if name in web.editors or EVERYBODY in web.editors else "viewer")


def is_proxy(web: Web, request: Request) -> bool:
    """Return whether a request comes from a trusted proxy."""
    try:
        address = ip_address(request.client.host if request.client else "")
    except ValueError:
        return False
    return any(address in network for network in web.proxies)


def address_of(web: Web, request: Request) -> str:
    """Return the address that a request comes from, as the nearest trusted proxy saw it."""
    peer = request.client.host if request.client else ""
    forwarded = _last_hop(request, "x-forwarded-for")
    return forwarded if forwarded and is_proxy(web, request) else peer


def is_secure(web: Web, request: Request) -> bool:
    """Return whether the visitor's browser uses HTTPS, with Treadmill or with the proxy before it."""
    if web.url is not None:
        return web.url.startswith("https:")
    forwarded = _last_hop(request, "x-forwarded-proto") if is_proxy(web, request) else ""
    return "https" in (request.scope["scheme"], forwarded)


def problem_in_open_mode(web: Web, request: Request) -> str | None:
    """Return the reason why a request does not come from this machine itself; None where it does.

    Without a password everybody at this machine is an editor, and nobody elsewhere may be.
    """
    # A proxy on this machine connects from loopback, whoever stands behind it. One that adds no header, as nginx
    # unless it is configured to, speaks HTTP/1.0, which no browser does.
    if any(map(_is_forwarding, request.headers)) or request.scope["http_version"] == "1.0":
        return PROXY_PROBLEM
    # A page elsewhere can let its own name resolve to this machine (DNS rebinding); the Host header gives it away.
    names = LOOPBACK | {web.host} | ({urlsplit(web.url).hostname} if web.url else set())
    is_local = urlsplit(f"//{request.headers.get('host', '')}").hostname in names and _is_loopback(request)
    return None if is_local else "This page is open to this machine only, under the machine's own name."


def has_logins(web: Web) -> bool:
    """Return whether visitors log in with a password, rather than at a proxy or not at all."""
    return web.auth == "password" and not web.is_open


def is_same_origin(web: Web, request: Request) -> bool:
    """Return whether a change began on a page of this site, as far as the browser says where it began."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    if origin is None:
        return True
    hosts = {request.headers.get("host"), urlsplit(web.url).netloc if web.url else None}
    # Without urlsplit, which raises an error at an address with half a bracket.
    return origin.partition("://")[2] in hosts


def _last_hop(request: Request, header: str) -> str:
    """Return the last entry of a header that each proxy extends."""
    # It is the one that our proxy added, as an entry or as a line of its own; a client can make up all before it.
    return ",".join(request.headers.getlist(header)).rpartition(",")[2].strip()


def _is_forwarding(header: str) -> bool:
    return header in FORWARDING or header.startswith("x-forwarded-")


def _is_loopback(request: Request) -> bool:
    try:
        return ip_address(request.client.host if request.client else "").is_loopback
    except ValueError:
        return False


def _equals(secret: SecretStr | None, given: str) -> bool:
    return secret is not None and secrets.compare_digest(secret.get_secret_value().encode(), given.encode())
