"""What of a ticket decides whether it is the same problem as another: its place and its masked words."""

import re
import struct
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import chain, combinations
from typing import TypeAlias

from connectors.model import Ticket
from service.analysis.families.masking import is_label_path, mask
from service.analysis.families.words import mass, number, tokens, weight, words

HEAD = struct.Struct("<4I6B")
TITLE_WORDS, TEXT_WORDS, PARTS = 24, 32, 4
LOOKUP_KEYS = 24
PAIRED = 5
SENTENCES = 5
SUBSTANCE = 4
GROUND = 2
COVERED = 1 / 3
TELLING = 8
READ = 1000
CODE = re.compile(r"[\[\]{}<>=|]|^#|\bat \w+\.\w+\.")
SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


Place: TypeAlias = tuple[int, int, int, int]
"""Source, project, service and category as numbers; 0 where there is none."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One ticket as it is compared with others; a pure function of the ticket and its source.

    Tickets with equal `digest` have equal shapes and are the same problem; a ticket whose words name nothing has a
    digest of its own. Two shapes that share an anchor are the same problem without
    comparing; two that share none of `keys`, which hold the anchors too, are never the same. `lookup_keys` find
    candidates for suggestions. All of these are signed 64-bit. `content` is what `similarity` compares.
    """

    digest: bytes
    keys: tuple[int, ...]
    content: bytes
    anchors: tuple[int, ...]
    lookup_keys: tuple[int, ...]


def shape_of(source: str, ticket: Ticket) -> Shape:
    """The shape of a ticket of this source."""
    title, text = mask(ticket.title), mask(ticket.description[:READ])
    named = [number(title)] if is_label_path(title) else tokens(title)[:TITLE_WORDS]
    pieces = [] if is_label_path(title) else [word for word in words(title) if word not in named]
    titled = (named + pieces)[:TITLE_WORDS]
    known = set(titled)
    rest = [word for word in words(text) if word not in known][:TEXT_WORDS]
    place = _place(source, ticket)
    parts = [_name(source, component) for component in ticket.components[:PARTS]]
    anchors, pairs = _anchors(place, title, text), _pairs(source, titled)
    content = _packed(place, (named, titled[len(named) :], rest, parts), (anchors, pairs))
    own = b"" if anchors else ticket.id.encode()
    return Shape(
        digest=blake2b(content + own, digest_size=16).digest(),
        keys=anchors + pairs,
        content=content,
        anchors=anchors,
        lookup_keys=tuple([lookup_key(place[0], word) for word in (titled + rest)[:LOOKUP_KEYS]]),
    )


def lookup_key(source: int, word: int) -> int:
    """The key under which a word of a shape of this source is found."""
    return (source >> 1) << 32 | word


def _place(source: str, ticket: Ticket) -> Place:
    category = (ticket.category or "").partition(" / ")[0]
    return _name(source, source), _name(source, ticket.project), _name(source, ticket.service), _name(source, category)


@lru_cache(maxsize=8192)
def _name(source: str, part: str | None) -> int:
    text = (part or "").strip().casefold()
    return int.from_bytes(blake2b(f"{source}\0{text}".encode(), digest_size=4).digest(), "big") | 1 if text else 0


def _anchors(place: Place, title: str, text: str) -> tuple[int, ...]:
    """The whole title, and the sentences that speak of what the title names, in this place."""
    where = struct.pack("<4I", *place[:3], 0 if place[2] else place[3])
    named = [number(title)] if is_label_path(title) else tokens(title)
    topic = {word for word in named if weight(word) > 1}
    found = [_hash(where + whole) for whole in _whole(title, text, named, topic)]
    for sentence in [tokens(part) for part in SENTENCE.split(text) if not CODE.search(part)]:
        said = topic.intersection(sentence)
        if len(sentence) >= SUBSTANCE and len(said) >= GROUND and mass(said) >= COVERED * mass(topic):
            found.append(_hash(where + b"." + array("I", sorted(sentence)).tobytes()))
    return tuple(dict.fromkeys(found[: 1 + SENTENCES]))


def _whole(title: str, text: str, named: Sequence[int], topic: set[int]) -> list[bytes]:
    """What makes tickets the same problem as a whole: the title; if that names little, all words; if nothing, none."""
    own = array("I", sorted(named)).tobytes()
    if len(topic) >= GROUND or is_label_path(title):
        return [own]
    if topic or len(tokens(text)) >= TELLING:
        return [own + text.encode()]
    return []


def _pairs(source: str, titled: Sequence[int]) -> tuple[int, ...]:
    chosen = sorted((word for word in titled if weight(word) > 1), reverse=True)[:PAIRED]
    return tuple([_hash(f"{source}\0{one}\0{other}".encode()) for one, other in combinations(chosen, 2)])


def _packed(place: Place, words_of: Sequence[Sequence[int]], keys_of: Sequence[Sequence[int]]) -> bytes:
    head = HEAD.pack(*place, *map(len, words_of), *map(len, keys_of))
    found, keys = (array(code, chain(*groups)) for code, groups in (("I", words_of), ("q", keys_of)))
    return head + found.tobytes() + keys.tobytes()


def _hash(data: bytes) -> int:
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big", signed=True)
