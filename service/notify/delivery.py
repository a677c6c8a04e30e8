"""Messages through Apprise, to each URL by itself; what a URL holds is a secret and is never said."""

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
PARTS = re.compile(r"[/:@?&=,;#\s]+")
SHORTEST_SECRET = 3
CUT = "…"

_alone = Lock()


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a message at one URL, which is named by its place and its service alone."""

    name: str
    accepted: bool
    said: str

    def __str__(self) -> str:
        return f"{self.name}: {'accepted' if self.accepted else f'refused: {self.said}'}"


def send(urls: Sequence[SecretStr], message: Message) -> list[Answer]:
    """Sends a message to every URL, one after the other, and tells what each answered. Raises nothing."""
    apprise: Any = import_module("apprise")
    return [_answer(apprise, place, url.get_secret_value(), message) for place, url in enumerate(urls, 1)]


def named(urls: Sequence[SecretStr]) -> list[str]:
    """What the URLs are called, without anything that is secret."""
    return [_name(place, url.get_secret_value()) for place, url in enumerate(urls, 1)]


def _name(place: int, url: str) -> str:
    scheme = SCHEME.match(url)
    return f"URL {place} ({scheme[1].lower()}://{CUT})" if scheme else f"URL {place}"


def _answer(apprise: Any, place: int, url: str, message: Message) -> Answer:
    name = _name(place, url)
    with _overheard() as heard:
        try:
            service = apprise.Apprise.instantiate(url)
            if not service:
                return Answer(name, accepted=False, said="Apprise does not know such a URL. See its list of services")
            accepted = bool(service.notify(**_content(apprise, service, message)))
        except Exception as problem:  # noqa: BLE001 - whatever a service's plugin does, the other URLs are to be served
            return Answer(name, accepted=False, said=type(problem).__name__)
    said = without_secrets(" ".join(heard), url) or "the service said nothing; is it reachable?"
    return Answer(name, accepted, "" if accepted else said)


def _content(apprise: Any, service: Any, message: Message) -> dict[str, Any]:
    """Cut to what a service takes; a file only where it takes files."""
    room = int(service.body_maxlen) - (len(message.title) + 2 if not service.title_maxlen else 0)
    body = message.body if len(message.body) <= room else f"{message.body[: max(0, room - 1)]}{CUT}"
    content: dict[str, Any] = {"title": message.title, "body": body, "body_format": apprise.NotifyFormat.TEXT}
    if message.file is not None and service.attachment_support:
        memory: Any = import_module("apprise.attachment.memory")
        file = memory.AttachMemory(content=message.file.content, name=message.file.name, mimetype=message.file.kind)
        content["attach"] = apprise.AppriseAttachment(file)
    return content


def without_secrets(text: str, url: str) -> str:
    """A text in which nothing of what follows a URL's scheme is left."""
    _, _, rest = url.partition("://")
    words = {word for part in PARTS.split(rest) for word in (part, unquote(part)) if len(word) >= SHORTEST_SECRET}
    for word in sorted({rest, *words} - {""}, key=len, reverse=True):
        text = text.replace(word, CUT)
    return text


class _Ear(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record.getMessage())


@contextmanager
def _overheard() -> Iterator[list[str]]:
    """What the libraries log meanwhile, which reaches no log of ours: it may hold parts of the URL."""
    ear, loggers = _Ear(), [logging.getLogger(name) for name in LOGGERS]
    with _alone:
        before = [(logger, logger.propagate) for logger in loggers]
        for logger in loggers:
            logger.addHandler(ear)
            logger.propagate = False
        try:
            yield ear.heard
        finally:
            for logger, propagate in before:
                logger.removeHandler(ear)
                logger.propagate = propagate
