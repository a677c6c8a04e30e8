"""A browser without a screen: it keeps cookies and follows no redirect."""

import asyncio
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

import httpx
from fastapi import FastAPI
from starlette.types import ASGIApp, Message

TOKEN = re.compile(r'name="token" value="([0-9a-f]+)"')


class Browser:
    """Asks an app as a browser at an address would."""

    def __init__(
        self, app: FastAPI, *, address: str = "127.0.0.1", base: str = "http://localhost:8080", **headers: str
    ):
        self._app = app
        self._address = address
        self._base = base
        self._headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.cookies = httpx.Cookies()

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Asks for a page."""
        return self._ask("GET", path, headers)

    def head(self, path: str, **headers: str) -> httpx.Response:
        """Asks for the headers of a page."""
        return self._ask("HEAD", path, headers)

    def post(self, path: str, data: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        """Sends a form."""
        return self._ask("POST", path, headers, data=data or {})

    def ask(self, method: str, path: str) -> httpx.Response:
        """Sends a request of any method, without a body."""
        return self._ask(method, path, {})

    def token(self, path: str = "/cycles") -> str:
        """The token of the forms of a page; empty where it has none."""
        result = TOKEN.search(self.get(path).text)
        return result[1] if result else ""

    def _ask(self, method: str, path: str, headers: dict[str, str], **more: Any) -> httpx.Response:
        headers_sent = self._headers | {name.replace("_", "-"): value for name, value in headers.items()}

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, client=(self._address, 1234))
            async with httpx.AsyncClient(transport=transport, base_url=self._base, cookies=self.cookies) as client:
                answer = await client.request(method, path, headers=headers_sent, **more)
                self.cookies = client.cookies
                return answer

        return asyncio.run(ask())


def respond(
    app: ASGIApp,
    path: str,
    headers: Sequence[tuple[str, str]],
    *,
    query: bytes = b"",
    address: str = "127.0.0.1",
    http_version: str = "1.1",
) -> tuple[int, str]:
    """Return (status, text) of the answer to a request that no client would send, such as one with two hosts."""
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": http_version, "method": "GET", "scheme": "http",
        "path": unquote(path), "raw_path": path.encode(), "query_string": query, "root_path": "",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
        "client": (address, 1234), "server": ("127.0.0.1", 8080),
    }  # fmt: skip
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def ask() -> None:
        await app(scope, receive, send)

    asyncio.run(ask())
    return messages[0]["status"], b"".join(message.get("body", b"") for message in messages).decode()
