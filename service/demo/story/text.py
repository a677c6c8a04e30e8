"""Wordings with volatile parts: hosts, people, dates, numbers that differ in every ticket."""

from collections.abc import Sequence
from datetime import datetime
from random import Random

from service.demo.organisation import HOSTS_PER_SERVICE, REQUESTERS, SERVICES

SHORT = 4
SITES = ("Harbour", "Hill Street", "North Campus", "Riverside", "Old Mill", "Airport Park", "Depot East", "Lakeside")


def mistyped(text: str, share: float, rng: Random) -> str:
    """Return a text as typed in a hurry: a share of its words with a slip, half as many left out."""
    typed = [_slip(word, rng) if rng.random() < share else word for word in text.split(" ")]
    return " ".join([word for word in typed if rng.random() >= share / 2] or typed)


def _slip(word: str, rng: Random) -> str:
    """Return a word with a letter doubled, missing or swapped; short words stay."""
    if len(word) < SHORT:
        return word
    # The first letter stays: people notice a slip there.
    at = rng.randrange(1, len(word) - 1)
    middle = rng.choice((word[at] * 2 + word[at + 1], word[at + 1], word[at + 1] + word[at]))
    return word[:at] + middle + word[at + 2 :]


class Volatile:
    """Fillings for the slots of a wording that fit the service and the day."""

    def __init__(self, rng: Random, service: str, at: datetime) -> None:
        self._rng = rng
        self._at = at
        self.host = f"{SERVICES[service].hosts}-{rng.randint(1, HOSTS_PER_SERVICE):02}"

    def __getitem__(self, slot: str) -> str:
        # str.format_map asks only for the slots that a wording has, so no die is thrown for the others.
        return str(getattr(self, slot))

    @property
    def ip(self) -> str:
        """A private address."""
        return f"10.{self._rng.randrange(256)}.{self._rng.randrange(256)}.{self._rng.randrange(1, 255)}"

    @property
    def user(self) -> str:
        """The code of a requester."""
        return self._rng.choice(REQUESTERS)

    @property
    def date(self) -> str:
        """The day of the ticket, in one of the forms that people use."""
        return self._at.strftime(self._rng.choice(("%Y-%m-%d", "%d.%m.%Y", "%d %b", "%m/%d/%Y")))

    @property
    def time(self) -> str:
        """The time of day of the ticket."""
        return self._at.strftime("%H:%M")

    @property
    def number(self) -> str:
        """Any number."""
        return str(self._rng.randrange(2, 10 ** self._rng.randint(1, 4) + 9))

    @property
    def floor(self) -> str:
        """A storey."""
        return str(self._rng.randint(1, 9))

    @property
    def ref(self) -> str:
        """Something like a ticket number."""
        return f"INC{self._rng.randrange(9000, 99999):07}"

    @property
    def site(self) -> str:
        """A place of the company."""
        return self._rng.choice(SITES)

    def fill(self, wording: str) -> str:
        """Return a wording with all slots filled."""
        return wording.format_map(self)

    def choose(self, wordings: Sequence[str]) -> str:
        """Return one of the wordings, filled."""
        return self.fill(self._rng.choice(wordings))

    def sample(self, wordings: Sequence[str], least: int, most: int) -> str:
        """Return between `least` and `most` of the wordings as one text, filled."""
        return " ".join(self.fill(text) for text in self._rng.sample(wordings, self._rng.randint(least, most)))
