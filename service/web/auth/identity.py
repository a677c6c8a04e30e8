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


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person or program that may read, and as an editor change. Form tokens belong to `session`; an API has none."""

    name: str
    role: Role
    session: str | None = None

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
    return Visitor("API", "viewer") if is_valid else None


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
    # The last entry is the one that our proxy added; a client can make up all before it.
    forwarded = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return forwarded if forwarded and is_proxy(web, request) else peer


def is_secure(web: Web, request: Request) -> bool:
    """Return whether the visitor's browser uses HTTPS, with Treadmill or with the proxy before it."""
    if web.url is not None:
        return web.url.startswith("https:")
    forwarded = request.headers.get("x-forwarded-proto", "") if is_proxy(web, request) else ""
    return "https" in (request.url.scheme, forwarded)


def is_local_host(web: Web, request: Request) -> bool:
    """Return whether a request names this machine as its owner does."""
    # A page elsewhere can let its own name resolve to this machine (DNS rebinding); the Host header gives it away.
    names = LOOPBACK | {web.host} | ({urlsplit(web.url).hostname} if web.url else set())
    return urlsplit(f"//{request.headers.get('host', '')}").hostname in names


def is_same_origin(web: Web, request: Request) -> bool:
    """Return whether a change began on a page of this site, as far as the browser says where it began."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    if origin is None:
        return True
    hosts = {request.headers.get("host"), urlsplit(web.url).netloc if web.url else None}
    return urlsplit(origin).netloc in hosts


def _equals(secret: SecretStr | None, given: str) -> bool:
    return secret is not None and secrets.compare_digest(secret.get_secret_value().encode(), given.encode())
