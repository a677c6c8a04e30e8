"""What in a ticket's text was not written for it: replies that it quotes, forms of address, signatures."""

import re

PREFIX = re.compile(r"^\s*(?:(?:re|fw|fwd|aw|wg|sv|vs|tr|rv|antw)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
QUOTED = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
REPLY = re.compile(
    r"^[ \t]*(?:-{2,}\s*(?:original message|forwarded message|ursprüngliche nachricht|message d'origine|"
    r"mensaje original)\s*-{2,}"
    r"|on\b.{4,120}\bwrote\s*:|am\b.{4,120}\bschrieb\b.{0,80}:|le\b.{4,120}\ba écrit\s*:|el\b.{4,120}\bescribió\s*:"
    r"|_{10,})[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
HEADER = re.compile(
    r"^[ \t]*(?:from|sent|to|cc|subject|date|von|gesendet|an|betreff|datum|de|envoyé|à|objet|enviado|para|asunto)"
    r"[ \t]*:.*$",
    re.IGNORECASE | re.MULTILINE,
)
CLOSING = re.compile(
    r"^[ \t]*(?:--[ \t]*|(?:best|kind|warm|many)?\s*regards|sincerely(?: yours)?|cheers|sent from my [^\n]{1,40}"
    r"|(?:mit )?(?:freundlichen|freundliche|besten|beste|viele|vielen|liebe|schöne) grü(?:ß|ss)en?|mfg"
    r"|(?:bien )?cordialement|(?:un )?(?:cordial )?saludos?(?: cordiales)?)[ \t]*[,.!]*[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
ADDRESS = re.compile(
    r"^[ \t]*(?:dear|hi|hello|hey|good (?:morning|afternoon|evening)|hallo|guten (?:tag|morgen|abend)|moin|"
    r"(?:sehr )?geehrter?|liebe[rs]?|bonjour|bonsoir|ch(?:er|ère)s?|hola|buen[oa]s (?:días|tardes)|estimad[oa]s?)"
    r"\b[^\n,!.:]{0,40}[,!.:]?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
EMPTY = re.compile(r"\n\s*\n+")


def strip_boilerplate(text: str) -> str:
    """The text without quoted replies, forms of address and signature.

    Where nothing stands before the quotation, the quotation is the message (it was forwarded), and stays.
    """
    if "\n" not in text and ">" not in text:
        return text
    text = _before(CLOSING, _unquoted(text))
    return EMPTY.sub("\n", ADDRESS.sub("", text)).strip()


def strip_reply_prefix(title: str) -> str:
    """The title without the marks of replies and forwards."""
    return PREFIX.sub("", title)


def _unquoted(text: str) -> str:
    kept = QUOTED.sub("", text)
    text = kept if kept.strip() else text.replace(">", " ")
    while found := REPLY.search(text):
        before = text[: found.start()]
        if before.strip():
            return before
        text = HEADER.sub("", text[found.end() :])
    return text


def _before(mark: re.Pattern[str], text: str) -> str:
    """What stands before the first such mark that has words before it."""
    for found in mark.finditer(text):
        if text[: found.start()].strip():
            return text[: found.start()]
    return text
