"""HTTP responses, read as JSON or turned into the error that says what to do about them."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from connectors.errors import (
    ConnectorError,
    MissingPermission,
    NotFound,
    NotJson,
    Redirected,
    Transient,
    Truncated,
    WrongCredentials,
    WrongSettings,
)
from connectors.parsing import parse_json

# 202 is here because ServiceNow answers it, without a result, when it drops a request of a busy session.
RETRIED = frozenset((202, 408, 425, 429))
MAX_QUOTE = 300
WRONG_ADDRESS = "Set URL to the base address of the system: it answers its interface with 200 and JSON."
REJECTED = "Correct URL, or the setting that the request is made of."
SECONDS = re.compile(r"-?\d+(\.\d*)?", re.ASCII)  # other digits, such as ², are no numbers


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete JSON answer with status 200: `data` is parsed, `headers` are case-insensitive."""

    data: Any
    headers: httpx.Headers


def parse_answer(response: httpx.Response) -> Answer:
    """Return the answer of a response that has been read. Raise ConnectorError for anything but JSON with 200."""
    place = f"{response.request.method} {response.request.url.path}"
    if response.status_code != 200:
        raise _error_of(response, place)
    # Login pages of single sign-on, proxies and hibernating ServiceNow instances all come with status 200.
    content_type = response.headers.get("content-type", "")
    if "json" not in content_type:
        raise NotJson(
            f"{place}: got {content_type.split(';')[0] or 'no content type'} instead of JSON, "
            "as from a login page, a proxy or a hibernating instance"
        )
    try:
        return Answer(parse_json(response.content), response.headers)
    except ValueError as problem:
        # A transaction that ServiceNow cancels after 60 seconds ends the body in the middle, and the status stays 200.
        raise Truncated(f"{place}: the JSON is cut off or invalid from byte {_place_of(problem):,} on") from problem


def retry_after_seconds(value: str | None, now: datetime) -> float | None:
    """Return the seconds to wait by a `Retry-After` header: a number or an HTTP date (RFC 9110, section 10.2.3).

    None for a missing or unreadable one; never negative, and infinity for a number without a sensible end.
    """
    text = (value or "").strip()
    if SECONDS.fullmatch(text):
        return max(0.0, float(text))
    try:
        at = parsedate_to_datetime(text)
        return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds())
    # The parser of the standard library lets through what `datetime` rejects, each in its own way.
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _error_of(response: httpx.Response, place: str) -> ConnectorError:
    """Return the error for a response with any status but 200."""
    status = response.status_code
    message = f"{place}: {status} {response.reason_phrase}{_quote(response)}"
    if status == 401:
        return WrongCredentials(message)
    if status == 403:
        return MissingPermission(message)
    if status == 404:
        return NotFound(message)
    if status in RETRIED or status >= 500:
        return Transient(message, retry_after_seconds(response.headers.get("retry-after"), datetime.now(UTC)))
    if 300 <= status < 400:
        # The query of a redirect to a login page often holds a token: it must not reach the log.
        target = response.headers.get("location", "?").split("?")[0]
        return Redirected(f"{message} to {target}")
    return WrongSettings(message, REJECTED if status == 400 else WRONG_ADDRESS)


def _place_of(problem: ValueError) -> int:
    """Return the byte at which a document ends to be JSON; the words of the parser are no help to an operator."""
    return getattr(problem, "pos", 0) + 1


def _quote(response: httpx.Response) -> str:
    """Return the system's own explanation of an error as `: text`; empty where there is none in a known form."""
    try:
        body = parse_json(response.content)
    except ValueError:
        return ""
    text = "; ".join(filter(None, _explanations(body))) if isinstance(body, dict) else ""
    # The sender chooses these words: a control character among them would rule the terminal that shows them.
    text = "".join(sign if sign.isprintable() else " " for sign in text[:MAX_QUOTE])
    return f": {text}" if text else ""


def _explanations(body: dict[str, Any]) -> list[str]:
    """Return the messages of an error body: Jira's `errorMessages`, ServiceNow's and OAuth's `error`, or `message`."""
    messages = body.get("errorMessages")
    texts = [str(message) for message in messages] if isinstance(messages, list) else []
    error = body.get("error")
    if isinstance(error, dict):
        return texts + [str(error[name]) for name in ("message", "detail") if error.get(name)]
    if error:
        return [*texts, str(error), str(body.get("error_description", ""))]
    return [*texts, str(body["message"])] if body.get("message") else texts
