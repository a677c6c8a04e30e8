"""Delivers messages through Apprise, to each URL separately. URLs hold secrets and are never printed."""

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from threading import Lock
from typing import Any
from urllib.parse import unquote

from pydantic import SecretStr

from service.notify.message import Message

LOGGERS = ("apprise", "urllib3", "requests")
SCHEME = re.compile(r"([a-z][a-z0-9+.-]{1,20})://", re.IGNORECASE)
SEPARATORS = re.compile(r"[/:@?&=,;#\s]+")
SHORTEST_SECRET = 3
"""Shorter parts of a URL occur in any sentence, which would be left in pieces."""
ELLIPSIS = "…"

_capturing = Lock()


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """The result of a message at one URL, which is named by its place and its service alone."""

    name: str
    accepted: bool
    reason: str

    def __str__(self) -> str:
        return f"{self.name}: {'accepted' if self.accepted else f'refused: {self.reason}'}"


def deliver(urls: Sequence[SecretStr], message: Message) -> list[DeliveryResult]:
    """Send a message to every URL, one after the other, and return their results. Raises nothing."""
    apprise: Any = import_module("apprise")
    return [_deliver(apprise, place, url.get_secret_value(), message) for place, url in enumerate(urls, 1)]


def url_names(urls: Sequence[SecretStr]) -> list[str]:
    """Return names for the URLs that contain no secret."""
    return [_name(place, url.get_secret_value()) for place, url in enumerate(urls, 1)]


def list_unsupported(urls: Sequence[SecretStr]) -> list[str]:
    """Return the names of the URLs that Apprise cannot use. Sends nothing."""
    apprise: Any = import_module("apprise")
    with _captured_logs():
        services = [apprise.Apprise.instantiate(url.get_secret_value()) for url in urls]
    return [name for name, service in zip(url_names(urls), services, strict=True) if not service]


def _name(place: int, url: str) -> str:
    scheme = SCHEME.match(url)
    return f"URL {place} ({scheme[1].lower()}://{ELLIPSIS})" if scheme else f"URL {place}"


def _deliver(apprise: Any, place: int, url: str, message: Message) -> DeliveryResult:
    name = _name(place, url)
    with _captured_logs() as lines:
        try:
            service = apprise.Apprise.instantiate(url)
            if not service:
                reason = "Apprise does not know this kind of URL. See its list of services"
                return DeliveryResult(name, accepted=False, reason=reason)
            accepted = bool(service.notify(**_content(apprise, service, message)))
        except Exception as problem:  # noqa: BLE001 - a plugin may raise anything, and the other URLs must get the message
            return DeliveryResult(name, accepted=False, reason=type(problem).__name__)
    reason = without_secrets(" ".join(lines), url) or "the service gave no reason; is it reachable?"
    return DeliveryResult(name, accepted, "" if accepted else reason)


def _content(apprise: Any, service: Any, message: Message) -> dict[str, Any]:
    """Return the arguments of `notify`, cut to the length that a service accepts."""
    # A service without titles gets the title as the first line of the body.
    room = int(service.body_maxlen) - (len(message.title) + 2 if not service.title_maxlen else 0)
    body = message.body if len(message.body) <= room else f"{message.body[: max(0, room - 1)]}{ELLIPSIS}"
    content: dict[str, Any] = {"title": message.title, "body": body, "body_format": apprise.NotifyFormat.TEXT}
    if message.file is not None and service.attachment_support:
        memory: Any = import_module("apprise.attachment.memory")
        file = memory.AttachMemory(content=message.file.content, name=message.file.name, mimetype=message.file.kind)
        content["attach"] = apprise.AppriseAttachment(file)
    return content


def without_secrets(text: str, url: str) -> str:
    """Return a text in which every part of a URL behind its scheme is replaced by an ellipsis."""
    _, _, rest = url.partition("://")
    # A service may quote a password as it was written or decoded, alone or within the whole URL.
    words = {word for part in SEPARATORS.split(rest) for word in (part, unquote(part)) if len(word) >= SHORTEST_SECRET}
    for word in sorted({rest, *words} - {""}, key=len, reverse=True):
        text = text.replace(word, ELLIPSIS)
    return text


class _LogCapture(logging.Handler):
    """Collects the messages that are logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@contextmanager
def _captured_logs() -> Iterator[list[str]]:
    """Yield the messages of the libraries instead of logging them: they may contain parts of the URL."""
    capture, loggers = _LogCapture(), [logging.getLogger(name) for name in LOGGERS]
    # The loggers belong to the process: with two deliveries at once one would collect the messages of the other.
    with _capturing:
        before = [(logger, logger.propagate) for logger in loggers]
        for logger in loggers:
            logger.addHandler(capture)
            logger.propagate = False
        try:
            yield capture.lines
        finally:
            for logger, propagate in before:
                logger.removeHandler(capture)
                logger.propagate = propagate
