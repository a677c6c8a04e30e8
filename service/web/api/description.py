"""The OpenAPI document: what routes say of themselves, authentication, and what all answers have in common."""

from functools import cache
from importlib.resources import files
from typing import Any

import orjson
from fastapi import FastAPI

from config.settings import Web
from service import __version__
from service.web.api.answering import ErrorAnswer
from service.web.auth.session import COOKIE, HTTPS_COOKIE

PREFIX = "/api/v1"
ETAG = {
    "description": "Changes with the content. Send it back as If-None-Match to get 304 until then.",
    "schema": {"type": "string", "examples": ['"5d1f0e6a2b7c4d9e8f3a1b60"']},
}
RETRY_AFTER = {"description": "Seconds to wait.", "schema": {"type": "integer", "examples": [540]}}
ABOUT = """Everything on the pages, typed. The API is read-only.

Shares lie between 0 and 1, hours are hours of work, instants are in UTC with an offset, days are local to the time zone
of the settings. What could not be measured is null with a reason. Lists are bounded, or paged."""


class DescribedApp(FastAPI):
    """An app whose OpenAPI document describes this installation."""

    def __init__(self, web: Web) -> None:
        super().__init__(
            title="Treadmill", version=__version__, description=ABOUT, docs_url=None, redoc_url=None,
            openapi_url=f"{PREFIX}/openapi.json",
        )  # fmt: skip
        self._web = web

    def openapi(self) -> dict[str, Any]:
        """Return the document; the first request builds it."""
        if self.openapi_schema is None:
            self.openapi_schema = _completed(super().openapi(), self._web)
        return self.openapi_schema


def _completed(document: dict[str, Any], web: Web) -> dict[str, Any]:
    components = document["components"]
    components["schemas"][ErrorAnswer.__name__] = ErrorAnswer.model_json_schema()
    schemes = components["securitySchemes"] = _security_schemes(web)
    needs: list[dict[str, list[str]]] = [{name: []} for name in schemes]
    if web.is_open:
        needs.append({})
    # FastAPI knows nothing of the guard before the routes, which answers 401 and 429 and sets the headers.
    for path, methods in document["paths"].items():
        for operation in methods.values():
            operation["security"] = needs
            operation["responses"]["200"]["headers"] = {"ETag": ETAG}
            operation["responses"]["304"]["headers"] = {"ETag": ETAG}
            operation["responses"]["429"]["headers"] = {"Retry-After": RETRY_AFTER}
            for type_, example in examples()[path.removeprefix(PREFIX)].items():
                operation["responses"]["200"]["content"][type_]["example"] = example
    return document


@cache
def examples() -> dict[str, dict[str, Any]]:
    """Return an answer of the simulated company for each path, by media type."""
    by_path: dict[str, dict[str, Any]] = orjson.loads(files(__package__).joinpath("examples.json").read_bytes())
    return by_path


def _security_schemes(web: Web) -> dict[str, Any]:
    """Return the ways to authenticate, any one of which is enough."""
    token = {"type": "http", "scheme": "bearer", "description": "The token of TREADMILL_WEB__TOKEN."}
    if web.auth == "proxy":
        description = "The proxy of TREADMILL_WEB__PROXIES sets it for users whom it lets in. Clients send nothing."
        proxy = {"type": "apiKey", "in": "header", "name": web.proxy_header, "description": description}
        return {"token": token, "proxy": proxy}
    description = (
        f"The session of a browser that is logged in at /login; {HTTPS_COOKIE} over HTTPS. With "
        f"TREADMILL_WEB__AUTH=proxy the header {web.proxy_header}, which the proxy sets, takes its place."
    )
    return {"token": token, "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": description}}
