"""Status categories by the words of a status, for systems that have a label and no category."""

import re

from connectors.model import StatusCategory

# The order decides: "Closed - cancelled" is cancelled and "Reopened" is new, although both contain words of later rows.
WORDS: tuple[tuple[StatusCategory, str], ...] = (
    (
        "cancelled",
        r"cancel|reject|declin|withdraw|abort|invalid|obsolete|storniert|abgebrochen|abgelehnt|annul|refus|rejet"
        r"|rechaz|skipped|closed (incomplete|skipped)",
    ),
    ("closed", r"clos|geschlossen|ferm[ée]|cl[ôo]tur|cerrad|archiv"),
    ("new", r"re-?open|wiedere?r?[öo]ffnet|rouvert|reabiert"),
    (
        "waiting",
        r"wait|await|pending|on.?hold|blocked|suspend|paused|vendor|deferred|wartend|warte|angehalten|en attente"
        r"|suspendu|en espera|pendiente|postponed",
    ),
    (
        "resolved",
        r"(?<!un)resolv|\bdone\b|(?<!in)complete|fixed|solved|finished|implemented|released|gel[öo]st|erledigt|behoben|fertig"
        r"|r[ée]solu|termin|resuelt|finaliz",
    ),
    ("new", r"\bnew\b|\bopen(ed)?\b|to.?do|backlog|draft|submitted|requested|neu|offen|nouveau|ouvert|nuevo|abiert"),
)
_PATTERNS = tuple((category, re.compile(pattern, re.IGNORECASE)) for category, pattern in WORDS)


def category_of(label: str) -> StatusCategory:
    """Return the category of the first row of `WORDS` that matches the label; `active` if none does."""
    return next((category for category, pattern in _PATTERNS if pattern.search(label)), "active")
