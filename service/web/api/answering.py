"""How the API answers: typed, with an ETag, so that what is known is not sent again."""

import hashlib
from collections.abc import Mapping
from typing import Any

from fastapi import Request, Response

from service.web.api.models.part import Answer, Problem

JSON = "application/json"
KEPT_BY_ITS_READER = "private, no-cache"
PROBLEMS: dict[int | str, dict[str, Any]] = {
    304: {"description": "What has the ETag that was sent as If-None-Match is still so."},
    400: {"model": Problem, "description": "The request means nothing."},
    401: {"model": Problem, "description": "Nobody is logged in, and no token that is known was sent."},
    403: {"model": Problem, "description": "The page is open to this machine only, under the machine's own name."},
    404: {"model": Problem, "description": "There is no such thing, or nothing was analysed yet."},
    422: {"model": Problem, "description": "A parameter has another form."},
    503: {"model": Problem, "description": "Other reports are being worked out; Retry-After says when to ask again."},
    429: {"model": Problem, "description": "Too many wrong tokens from this address; Retry-After says how long."},
}


def described(model: type[Answer], summary: str) -> dict[str, Any]:
    """What a route says of its answer."""
    return {"response_model": model, "summary": summary, "response_description": model.__doc__ or ""}


def answered(request: Request, model: type[Answer], answer: Mapping[str, Any]) -> Response:
    """The answer as JSON, or 304 where the reader has it."""
    return sent(request, model.model_validate(answer).model_dump_json(by_alias=True).encode())


def sent(request: Request, body: bytes) -> Response:
    """JSON, or 304 where the reader has it."""
    headers = tagged(hashlib.blake2b(body, digest_size=12).hexdigest())
    return unchanged(request, headers) or Response(body, media_type=JSON, headers=headers)


def tagged(digest: str) -> dict[str, str]:
    """The headers of content that is known by a digest of it."""
    return {"etag": f'"{digest}"', "cache-control": KEPT_BY_ITS_READER}


def unchanged(request: Request, headers: Mapping[str, str]) -> Response | None:
    """304 where the reader has what these headers belong to."""
    known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    return Response(status_code=304, headers=dict(headers)) if headers["etag"] in known or "*" in known else None
