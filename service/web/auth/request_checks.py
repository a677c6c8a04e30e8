"""Checks of requests before any route sees them, and the path by which access is decided."""

import re
from ipaddress import AddressValueError, IPv6Address
from urllib.parse import unquote_to_bytes

from starlette.requests import Request
from starlette.types import Scope

from config.settings import Web

NUL, NUL_PROBLEM = "\0", "NUL bytes are not allowed."
HOST_PROBLEM = "The Host header is malformed."
UTF8_PROBLEM = "The address is not valid UTF-8."
LARGEST_PORT = 65535
_HOST = re.compile(r"(?:([A-Za-z0-9._-]{1,253})|\[([0-9A-Fa-f:.]{2,45})\])(?::([0-9]{1,5}))?")


def path_of(scope: Scope) -> str:
    """Return the path by which the router chooses a route, below the path where the app is mounted."""
    # Never `request.url.path`: it is put together with the Host header, which the client writes.
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    below = path.removeprefix(root)
    return below if path.startswith(root) and below[:1] in ("", "/") else path


def problem_of(web: Web, request: Request) -> str | None:
    """Return the reason why a request is refused unseen; None for a well-formed one."""
    hosts = request.headers.getlist("host")
    # HTTP/1.0, as some probes speak it, has none.
    if len(hosts) > 1 or not all(map(is_host, hosts)):
        return HOST_PROBLEM
    address = _decoded_address(request.scope)
    if address is None:
        return UTF8_PROBLEM
    # PostgreSQL answers a NUL in any text with an error: it is refused before a route uses the text in a query.
    if NUL in address:
        return NUL_PROBLEM
    return _identity_problem(web, request) if web.auth == "proxy" else None


def is_host(text: str) -> bool:
    """Return whether a Host header holds a name or an address, and at most a port beside it."""
    match = _HOST.fullmatch(text)
    if match is None or int(match[3] or 0) > LARGEST_PORT:
        return False
    try:
        return match[2] is None or bool(IPv6Address(match[2]))
    except AddressValueError:
        return False


def _decoded_address(scope: Scope) -> str | None:
    """Return path and query without their escapes; None where they are not UTF-8."""
    raw_path = scope.get("raw_path") or str(scope["path"]).encode()
    try:
        return unquote_to_bytes(raw_path + b"?" + scope["query_string"]).decode()
    except UnicodeDecodeError:
        return None


def _identity_problem(web: Web, request: Request) -> str | None:
    """Return the reason why the header that names the user cannot be believed."""
    names = request.headers.getlist(web.proxy_header)
    # Of two names one comes from the client: a proxy that appends its own, or joins both, leaves that one in front.
    if len(names) > 1 or any("," in name for name in names):
        return f"The header {web.proxy_header} names several users. The proxy must remove what its clients send."
    return None
