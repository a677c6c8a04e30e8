"""Notifications as the command line asks for them."""

from datetime import datetime
from typing import Literal

from treadmill.config.environment import PREFIX, ConfigurationError, Problem
from treadmill.service.notify.message import Message
from treadmill.service.notify.notifier import Notifier
from treadmill.service.notify.sending import Answer

Kind = Literal["test", "digest", "alerts"]
UNSET = Problem(
    f"{PREFIX}NOTIFY__URLS",
    "must be set to send anything, e.g. to mailto://user:password@example.com: see the services of Apprise",
)


def shown(notifier: Notifier, kind: Kind, now: datetime) -> str:
    """What would be sent, and to whom; nothing is sent or noted."""
    message = _message(notifier, kind, now)
    if message is None:
        return "nothing new"
    to = ", ".join(notifier.names) or f"nobody: {UNSET.variable} is not set"
    file = f"\n\nWith {message.file.name}, {len(message.file.content):,} bytes." if message.file else ""
    return f"To {to}\n\n{message.title}\n\n{message.body}{file}"


def sent(notifier: Notifier, kind: Kind, now: datetime) -> list[Answer]:
    """What each URL answered; nothing where nothing is new. Raises ConfigurationError where no URL is set."""
    if not notifier.names:
        raise ConfigurationError([UNSET])
    if kind == "test":
        return notifier.send(notifier.test_message())
    return notifier.digest(now) if kind == "digest" else notifier.alert(now)


def _message(notifier: Notifier, kind: Kind, now: datetime) -> Message | None:
    if kind == "test":
        return notifier.test_message()
    return notifier.digest_message() if kind == "digest" else notifier.alert_message(now)
