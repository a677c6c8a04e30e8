"""An Apprise service that collects messages."""

import logging
import time
from typing import Any

import apprise
import pytest


class Box:
    """The messages that were sent, and the behaviour of the service; it logs `says`, and takes `pause` seconds."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.accepts = True
        self.takes_files = True
        self.says = ""
        self.fails: Exception | None = None
        self.pause = 0.0


class BoxService:
    """A service that puts messages into a box."""

    body_maxlen, title_maxlen = 2000, 250

    def __init__(self, box: Box) -> None:
        self._box = box
        self.attachment_support = box.takes_files

    def notify(self, **content: Any) -> bool:
        if self._box.fails:
            raise self._box.fails
        if self._box.says:
            logging.getLogger("apprise").warning(self._box.says)
        self._box.sent.append(content)
        time.sleep(self._box.pause)
        return self._box.accepts


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Box:
    inbox = Box()
    existing = apprise.Apprise.instantiate

    def instantiate(url: str, **more: Any) -> Any:
        return BoxService(inbox) if url.startswith("box://") else existing(url, **more)

    monkeypatch.setattr(apprise.Apprise, "instantiate", staticmethod(instantiate))
    return inbox
