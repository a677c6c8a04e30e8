"""Answers of the API: typed, with an ETag, so that a client need not read the same content twice."""

import hashlib
from collections.abc import Mapping
from typing import Any

from fastapi import Request, Response
from pydantic import BaseModel, Field, TypeAdapter

JSON = "application/json"
REVALIDATE = "private, no-cache"


class ErrorAnswer(BaseModel):
    """The error in a request, or a list of errors."""

    detail: str | list[dict[str, Any]] = Field(
        description="A sentence; for invalid parameters a list with the place, `loc`, and the error of each."
    )


def _error(description: str) -> dict[str, Any]:
    # By reference: FastAPI would build a model for each error of each route, half of the time to build the app.
    schema = {"$ref": f"#/components/schemas/{ErrorAnswer.__name__}"}
    return {"description": description, "content": {JSON: {"schema": schema}}}


ERRORS: dict[int | str, dict[str, Any]] = {
    304: {"description": "The content still has the ETag that was sent as If-None-Match."},
    400: _error("The request cannot be answered."),
    401: _error("No session and no valid token was sent."),
    403: _error("The service answers only this machine, under the machine's own name."),
    404: _error("Nothing has this name, or nothing has been analysed yet."),
    422: _error("A parameter is invalid."),
    429: _error("Too many wrong tokens from this address; Retry-After says how long."),
    503: _error("Other reports are being computed, or the database is down; Retry-After says when to ask again."),
}


def described(answer: type[object], summary: str) -> dict[str, Any]:
    """Return the arguments of a route that describe its answer."""
    return {"response_model": answer, "summary": summary, "response_description": answer.__doc__ or ""}


def respond(request: Request, answer: object) -> Response:
    """Return an answer as JSON, or 304 where the client has it."""
    return respond_json(request, TypeAdapter(type(answer)).dump_json(answer, by_alias=True))


def respond_json(request: Request, body: bytes) -> Response:
    """Return JSON, or 304 where the client has it."""
    headers = etag_headers(hashlib.blake2b(body, digest_size=12).hexdigest())
    return not_modified(request, headers) or Response(body, media_type=JSON, headers=headers)


def etag_headers(digest: str) -> dict[str, str]:
    """Return the headers of content with this digest."""
    # Without `no-cache` a browser would show yesterday's numbers without asking whether they have changed.
    return {"etag": f'"{digest}"', "cache-control": REVALIDATE}


def not_modified(request: Request, headers: Mapping[str, str]) -> Response | None:
    """Return 304 if the client has the content of these headers, else None."""
    # Proxies that compress mark an ETag as weak; the content is the same.
    tags = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    return Response(status_code=304, headers=dict(headers)) if headers["etag"] in tags or "*" in tags else None
