"""Changes that a person asks for: who may, and what a form carries."""

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

from fastapi import HTTPException, Request

from service.web.auth.identity import Visitor
from service.web.auth.middleware import NUL
from service.web.auth.session import Sessions

FIELD, HEADER = "token", "x-form-token"
MOST_BYTES = 200_000

Form = Mapping[str, Sequence[str]]


async def form_of(request: Request) -> Form:
    """The fields of a form. Raises HTTPException where it is larger than any of ours, or has a NUL in it."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise HTTPException(413, "The form is too large.")
    form = parse_qs(body.decode("utf-8", "replace"), max_num_fields=5000, keep_blank_values=True)
    if any(NUL in text for texts in form.values() for text in texts):
        raise HTTPException(400, "No name has a NUL in it.")
    return form


class Change:
    """Lets through what an editor asks for, from a form that was made in the same session."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def __call__(self, request: Request) -> Form:
        """The form. Raises HTTPException where the visitor may not change, or the form is of another session."""
        form = await form_of(request)
        visitor: Visitor | None = getattr(request.state, "visitor", None)
        token = request.headers.get(HEADER) or first(form, FIELD)
        if visitor is None or not self._sessions.is_form_token(visitor, token):
            raise HTTPException(403, "This form is too old: go back, load the page again, and send it once more.")
        if not visitor.may_change:
            raise HTTPException(403, "Only an editor may change this: log in with the password of an editor.")
        return form


def first(form: Form, name: str) -> str:
    """The first value of a field; empty where it is not there."""
    return next(iter(form.get(name, ())), "").strip()
