"""Who asks: how a visitor is known, and what a visitor may do."""

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
    """Somebody who may look, and as an editor change. `session` is what tokens of forms belong to; none for a token."""

    name: str
    role: Role
    session: str | None = None

    @property
    def may_change(self) -> bool:
        """Whether this visitor is an editor."""
        return self.role == "editor"


def role_of(web: Web, password: str) -> Role | None:
    """The role that a password opens; None where it opens nothing. Every password is compared to its end."""
    editor, viewer = (_same(known, password) for known in (web.editor_password, web.password))
    return "editor" if editor else "viewer" if viewer else None


def by_token(web: Web, header: str) -> Visitor | None:
    """The program behind a bearer token: it may look."""
    is_known = header.startswith(BEARER) and _same(web.token, header.removeprefix(BEARER))
    return Visitor("API", "viewer") if is_known else None


def by_proxy(web: Web, request: Request) -> Visitor | None:
    """The user whom a proxy names; None where the request did not come through a proxy that is believed."""
    name = request.headers.get(web.proxy_header, "").strip()
    if not name or not is_proxy(web, request):
        return None
    return Visitor(name, "editor" if name in web.editors or EVERYBODY in web.editors else "viewer")


def is_proxy(web: Web, request: Request) -> bool:
    """Whether a request comes from a proxy that is believed."""
    try:
        address = ip_address(request.client.host if request.client else "")
    except ValueError:
        return False
    return any(address in network for network in web.proxies)


def address_of(web: Web, request: Request) -> str:
    """Where a request comes from: the nearest address that no proxy which is believed has made up."""
    peer = request.client.host if request.client else ""
    forwarded = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return forwarded if forwarded and is_proxy(web, request) else peer


def is_secure(web: Web, request: Request) -> bool:
    """Whether the visitor's browser speaks HTTPS, with Treadmill or with the proxy before it."""
    if web.url is not None:
        return web.url.startswith("https:")
    forwarded = request.headers.get("x-forwarded-proto", "") if is_proxy(web, request) else ""
    return "https" in (request.url.scheme, forwarded)


def names_this_machine(web: Web, request: Request) -> bool:
    """Whether a request names the machine as its owner does: a page elsewhere can make its own name lead here."""
    known = LOOPBACK | {web.host} | ({urlsplit(web.url).hostname} if web.url else set())
    return urlsplit(f"//{request.headers.get('host', '')}").hostname in known


def comes_from_here(web: Web, request: Request) -> bool:
    """Whether a browser says that a change was begun on a page of this site, as far as it says anything."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    if origin is None:
        return True
    known = {request.headers.get("host"), urlsplit(web.url).netloc if web.url else None}
    return urlsplit(origin).netloc in known


def _same(known: SecretStr | None, given: str) -> bool:
    return known is not None and secrets.compare_digest(known.get_secret_value().encode(), given.encode())
