"""Texts side by side: the words that only one of them has are marked."""

import re

from markupsafe import Markup, escape

WORDS = re.compile(r"\w+")
MARKED = Markup("<mark>{}</mark>")


def mark_differences(text: str, counterpart: str) -> Markup:
    """Return a text as HTML in which each word that its counterpart lacks is marked, in whatever case."""
    shared = {word.casefold() for word in WORDS.findall(counterpart)}
    marked, place = [], 0
    for match in WORDS.finditer(text):
        marked.append(escape(text[place : match.start()]))
        word = match.group()
        marked.append(escape(word) if word.casefold() in shared else MARKED.format(word))
        place = match.end()
    return Markup("").join([*marked, escape(text[place:])])
