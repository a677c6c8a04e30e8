"""Forms: reading them, and checking that an editor sent them from a page of the same session."""

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

from fastapi import HTTPException, Request

from service.web.auth.identity import Visitor
from service.web.auth.request_checks import NUL, NUL_PROBLEM
from service.web.auth.session import Sessions

FIELD, HEADER = "token", "x-form-token"
MAX_BYTES = 200_000
MAX_FIELDS = 5000

Form = Mapping[str, Sequence[str]]


async def form_of(request: Request) -> Form:
    """Return the fields of a form. Raises HTTPException for one that is too large or holds a NUL."""
    body = b""
    # Read in chunks: a body without a length could otherwise fill the memory before it is refused.
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise HTTPException(413, "The form is too large.")
    try:
        form = parse_qs(body.decode("utf-8", "replace"), max_num_fields=MAX_FIELDS, keep_blank_values=True)
    except ValueError as problem:
        raise HTTPException(413, "The form has too many fields.") from problem
    if any(NUL in text for texts in form.values() for text in texts):
        raise HTTPException(400, NUL_PROBLEM)
    return form


class Change:
    """A dependency of routes that change something: an editor must have sent the form from the same session."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def __call__(self, request: Request) -> Form:
        """Return the form. Raises HTTPException where the visitor may not change or another session made the form."""
        form = await form_of(request)
        visitor: Visitor | None = getattr(request.state, "visitor", None)
        token = request.headers.get(HEADER) or first(form, FIELD)
        if visitor is None or not self._sessions.is_form_token(visitor, token):
            raise HTTPException(403, "This form has expired. Go back, reload the page and send it again.")
        if not visitor.may_change:
            raise HTTPException(403, "Only an editor may change this. Log in with the password of an editor.")
        return form


def first(form: Form, name: str) -> str:
    """Return the first value of a field; empty where the form has no such field."""
    return next(iter(form.get(name, ())), "").strip()
