"""Boilerplate in a ticket's text: quoted replies, forms of address and signatures."""

import re

# Repeats are possessive (`*+`): two in a row would try every way to share a run of spaces, in quadratic time.
PREFIX = re.compile(r"^\s*+(?:(?:re|fw|fwd|aw|wg|sv|vs|tr|rv|antw)\s*+(?:\[\d++\]\s*+)?:\s*+)+", re.IGNORECASE)
QUOTED = re.compile(r"^[ \t]*+>.*$", re.MULTILINE)
REPLY = re.compile(
    r"^[ \t]*+(?:-{2,}+\s*+(?:original message|forwarded message|ursprüngliche nachricht|message d'origine|"
    r"mensaje original)\s*+-{2,}+"
    r"|on\b.{4,120}\bwrote\s*+:|am\b.{4,120}\bschrieb\b.{0,80}:|le\b.{4,120}\ba écrit\s*+:"
    r"|el\b.{4,120}\bescribió\s*+:|_{10,}+)[ \t]*+$",
    re.IGNORECASE | re.MULTILINE,
)
HEADER = re.compile(
    r"^[ \t]*+(?:from|sent|to|cc|subject|date|von|gesendet|an|betreff|datum|de|envoyé|à|objet|enviado|para|asunto)"
    r"[ \t]*+:.*$",
    re.IGNORECASE | re.MULTILINE,
)
CLOSING = re.compile(
    r"^[ \t]*+(?:--|(?:(?:best|kind|warm|many)\s*+)?regards|sincerely(?: yours)?|cheers|sent from my [^\n]{1,40}"
    r"|(?:mit )?(?:freundlichen|freundliche|besten|beste|viele|vielen|liebe|schöne) grü(?:ß|ss)en?|mfg"
    r"|(?:bien )?cordialement|(?:un )?(?:cordial )?saludos?(?: cordiales)?)[ \t]*+[,.!]*+[ \t]*+$",
    re.IGNORECASE | re.MULTILINE,
)
ADDRESS = re.compile(
    r"^[ \t]*+(?:dear|hi|hello|hey|good (?:morning|afternoon|evening)|hallo|guten (?:tag|morgen|abend)|moin|"
    r"(?:sehr )?geehrter?|liebe[rs]?|bonjour|bonsoir|ch(?:er|ère)s?|hola|buen[oa]s (?:días|tardes)|estimad[oa]s?)"
    r"\b[^\n,!.:]{0,40}[,!.:]?[ \t]*+$",
    re.IGNORECASE | re.MULTILINE,
)
BLANK_LINES = re.compile(r"\n\s*\n+")


def strip_boilerplate(text: str) -> str:
    """Return the text without quoted replies, forms of address and signature."""
    if "\n" not in text and ">" not in text:
        return text
    text = _text_before(CLOSING, _without_quotes(text))
    return BLANK_LINES.sub("\n", ADDRESS.sub("", text)).strip()


def strip_reply_prefix(title: str) -> str:
    """Return the title without the marks of replies and forwards."""
    return PREFIX.sub("", title)


def _without_quotes(text: str) -> str:
    unquoted = QUOTED.sub("", text)
    text = unquoted if unquoted.strip() else text.replace(">", " ")
    begin = 0
    for reply in REPLY.finditer(text):
        message = _without_headers(text, begin, reply.start())
        # With nothing before the quotation it is a forwarded message, and the quotation is the ticket.
        if message.strip():
            return message
        begin = reply.end()
    return _without_headers(text, begin, len(text))


def _without_headers(text: str, begin: int, end: int) -> str:
    """Return a part of the text, without the headers that stand where it is forwarded."""
    return HEADER.sub("", text[begin:end]) if begin else text[:end]


def _text_before(mark: re.Pattern[str], text: str) -> str:
    """Return what precedes the first such mark that has words before it."""
    for match in mark.finditer(text):
        if text[: match.start()].strip():
            return text[: match.start()]
    return text
