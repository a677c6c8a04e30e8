"""Requests to an application in this process."""

import asyncio
from typing import Any

import httpx
from starlette.applications import Starlette

from service.demo.login import Credentials


def ask(
    app: Starlette, path: str, *, login: Credentials | None = None, body: Any = None, **query: Any
) -> httpx.Response:
    """Return the answer to a GET, or to a POST of a body."""

    async def once() -> httpx.Response:
        auth = httpx.BasicAuth(login.user, login.secret) if login else None
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", auth=auth) as client:
            return await (client.get(path, params=query) if body is None else client.post(path, json=body))

    return asyncio.run(once())
