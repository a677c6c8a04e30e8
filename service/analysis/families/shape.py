"""Shapes: what decides if tickets are the same problem, by place, masked words and certain keys."""

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
from service.analysis.families.masking import is_code, is_label_path, mask
from service.analysis.families.visibility import TicketVisibility, ticket_visibility
from service.analysis.families.words import mass, number, tokens, weight, words
from service.analysis.limits import DESCRIPTION_LENGTH, TITLE_LENGTH

HEAD = struct.Struct("<4I6B")
TITLE_WORDS, TEXT_WORDS, PARTS = 24, 32, 4
LOOKUP_KEYS = 24
PAIRED_WORDS = 5
MOST_SENTENCES = 5
LEAST_SENTENCE_TOKENS = 4
LEAST_TOPIC_WORDS = 2
LEAST_TOPIC_SHARE = 1 / 3
DISTINCT_TEXT_TOKENS = 8
CODE = re.compile(r"[\[\]{}<>=|]|^#|\bat \w+\.\w+\.")
SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
ALERTS = ("incident", "alert")

Place: TypeAlias = tuple[int, int, int, int]
"""Source, project, service and category as numbers; 0 where there is none."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One ticket as it is compared with others; a pure function of the ticket and its source.

    Tickets with equal `digest` have equal shapes and are the same problem; a ticket whose words name nothing has a
    digest of its own. Two shapes that share an anchor are the same problem without comparison; two that share none of
    `keys`, which include the anchors, never are. `lookup_keys` find candidates for suggestions. All keys are signed
    64-bit. `content` is what `similarity` compares. `visibility` says on what ground it can be seen.
    """

    digest: bytes
    keys: tuple[int, ...]
    content: bytes
    anchors: tuple[int, ...]
    lookup_keys: tuple[int, ...]
    visibility: TicketVisibility


def shape_of(source: str, ticket: Ticket) -> Shape:
    """Return the shape of a ticket of this source."""
    title, text = mask(ticket.title[:TITLE_LENGTH]), mask(ticket.description[:DESCRIPTION_LENGTH])
    named = [number(title)] if is_label_path(title) else tokens(title)[:TITLE_WORDS]
    pieces = [] if is_label_path(title) else [word for word in words(title) if word not in named]
    titled = (named + pieces)[:TITLE_WORDS]
    title_words = set(titled)
    text_words = [word for word in words(text) if word not in title_words][:TEXT_WORDS]
    place = _place(source, ticket)
    parts = [_name(source, component) for component in ticket.components[:PARTS]]
    visibility = ticket_visibility(source, title, named, text_words)
    # What is left of a code once its number is masked is the same in all codes: it must not join their tickets.
    is_mute = visibility.by == "nothing" and is_code(title)
    anchors, pairs = ((), ()) if is_mute else (_anchors(place, title, text), _pairs(source, titled))
    content = _pack(place, (named, titled[len(named) :], text_words, parts), (anchors, pairs))
    # Words that name nothing ("Help", "") must not join strangers: without an anchor the id makes the shape unique.
    identity = b"" if anchors else ticket.id.encode()
    return Shape(
        digest=blake2b(content + identity, digest_size=16).digest(),
        keys=anchors + pairs,
        content=content,
        anchors=anchors,
        lookup_keys=tuple([lookup_key(place[0], word) for word in (titled + text_words)[:LOOKUP_KEYS]]),
        visibility=visibility,
    )


def lookup_key(source: int, word: int) -> int:
    """Return the key under which a word of a shape of this source is stored."""
    return (source >> 1) << 32 | word


def _place(source: str, ticket: Ticket) -> Place:
    category = (ticket.category or "").partition(" / ")[0]
    return _name(source, source), _name(source, ticket.project), _name(source, ticket.service), _name(source, category)


@lru_cache(maxsize=8192)
def _name(source: str, part: str | None) -> int:
    text = (part or "").strip().casefold()
    return int.from_bytes(blake2b(f"{source}\0{text}".encode(), digest_size=4).digest(), "big") | 1 if text else 0


def _anchors(place: Place, title: str, text: str) -> tuple[int, ...]:
    """Return the keys of the whole title and of the sentences about what the title names, in this place."""
    where = struct.pack("<4I", *place[:3], 0 if place[2] else place[3])
    named = [number(title)] if is_label_path(title) else tokens(title)
    topic = {word for word in named if weight(word) > 1}
    anchors = [_hash(where + whole) for whole in _whole_texts(title, text, named, topic)]
    # A sentence without the topic of its title is a form letter ("it is urgent"): it would join unrelated tickets.
    for sentence in [tokens(part) for part in SENTENCE.split(text) if not CODE.search(part)]:
        mentioned = topic.intersection(sentence)
        if (
            len(sentence) >= LEAST_SENTENCE_TOKENS
            and len(mentioned) >= LEAST_TOPIC_WORDS
            and mass(mentioned) >= LEAST_TOPIC_SHARE * mass(topic)
        ):
            anchors.append(_hash(where + b"." + array("I", sorted(sentence)).tobytes()))
    return tuple(dict.fromkeys(anchors[: 1 + MOST_SENTENCES]))


def _whole_texts(title: str, text: str, named: Sequence[int], topic: set[int]) -> list[bytes]:
    """Return what identifies the ticket as a whole: its title, or all words if the title names little, or nothing."""
    title_bytes = array("I", sorted(named)).tobytes()
    if len(topic) >= LEAST_TOPIC_WORDS or is_label_path(title):
        return [title_bytes]
    if topic or len(tokens(text)) >= DISTINCT_TEXT_TOKENS:
        return [title_bytes + text.encode()]
    return []


def _pairs(source: str, titled: Sequence[int]) -> tuple[int, ...]:
    # Pairs of the heaviest words block the comparison: two tickets are compared only if they share one, so a new ticket
    # costs the same whatever the store holds. Common words alone would bring every ticket together.
    chosen = sorted((word for word in titled if weight(word) > 1), reverse=True)[:PAIRED_WORDS]
    return tuple([_hash(f"{source}\0{first}\0{second}".encode()) for first, second in combinations(chosen, 2)])


def _pack(place: Place, words_of: Sequence[Sequence[int]], keys_of: Sequence[Sequence[int]]) -> bytes:
    head = HEAD.pack(*place, *map(len, words_of), *map(len, keys_of))
    word_codes, keys = (array(code, chain(*groups)) for code, groups in (("I", words_of), ("q", keys_of)))
    return head + word_codes.tobytes() + keys.tobytes()


def _hash(data: bytes) -> int:
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big", signed=True)


def certain_keys(ticket: Ticket) -> tuple[str, ...]:
    """Return the keys that tickets of one source share only if they are the same problem.

    They name the ticket itself, its duplicates, an incident's parent and the problem record it belongs to.
    """
    # A dict, not a set: the order of the keys must not change from run to run.
    keys = {f"ticket:{ticket.id}": None}
    for link in ticket.links:
        # The parent of an incident is the incident it repeats; the parent of a task is the work it belongs to.
        if link.relation in ("duplicate_of", "duplicated_by") or (link.relation == "parent" and ticket.kind in ALERTS):
            keys[f"ticket:{link.target}"] = None
        elif link.relation == "problem":
            keys[f"problem:{link.target}"] = None
    return tuple(keys)
