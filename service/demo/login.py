"""Credentials of the simulated systems, and the form of their answers."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user with a secret of its own."""

    user: str
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(18), repr=False)

    def match(self, request: Request) -> bool:
        """Return whether a request carries these credentials by Basic authentication."""
        pair = base64.b64encode(f"{self.user}:{self.secret}".encode()).decode()
        return secrets.compare_digest(request.headers.get("authorization", ""), f"Basic {pair}")


def answer(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a JSON response."""
    return Response(orjson.dumps(data), status, headers, "application/json;charset=UTF-8")
