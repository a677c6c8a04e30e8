"""How the API answers: typed, with an ETag, so that what is known is not sent again."""

import hashlib
from collections.abc import Mapping
from typing import Any

from fastapi import Request, Response

from treadmill.service.web.api.models import Answer, Problem

KEPT_BY_ITS_READER = "private, no-cache"
PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The request means nothing."},
    401: {"model": Problem, "description": "Nobody is logged in, and no token was sent."},
    403: {"description": "The page is open to this machine only."},
    404: {"model": Problem, "description": "There is no such thing."},
    422: {"model": Problem, "description": "A parameter has another form."},
}


def answered(request: Request, model: type[Answer], answer: Mapping[str, Any]) -> Response:
    """The answer as JSON, or 304 where the reader has it."""
    body = model.model_validate(answer).model_dump_json(by_alias=True).encode()
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"etag": tag, "cache-control": KEPT_BY_ITS_READER}
    if tag in [known.strip().removeprefix("W/") for known in request.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)
