"""Status categories by the words of a status, for systems that have a label and no category."""

import re

from connectors.model import StatusCategory

# The order decides: "Closed - cancelled" is cancelled and "Reopened" is new, although both contain words of later rows.
WORDS: tuple[tuple[StatusCategory, str], ...] = (
    (
        "cancelled",
        r"cancel|reject|declin|withdraw|abort|invalid|obsolete|won.?t|storniert|abgebrochen|abgelehnt|annul|refus|rejet"
        r"|rechaz|skipped|closed (incomplete|skipped)",
    ),
    ("closed", r"clos|\binactiv|\binaktiv|geschlossen|ferm[ée]|cl[ôo]tur|cerrad|archiv"),
    ("new", r"re-?open|wiedere?r?[öo]ffnet|rouvert|reabiert"),
    (
        "waiting",
        r"wait|await|pending|on.?hold|blocked|suspend|paused|vendor|deferred|wartend|warte|angehalten|en attente"
        r"|suspendu|en espera|pendiente|postponed",
    ),
    (
        "resolved",
        r"(?<!un)resolv|\bdone\b|(?<!in)complete|fixed|(?<!re)(?<!un)solved|finished|implemented"
        r"|released|gel[öo]st|erledigt|behoben|fertig"
        r"|r[ée]solu|termin|resuelt|finaliz",
    ),
    (
        "new",
        r"\bnew\b|\bopen(ed)?\b|to.?do|backlog|draft|unassigned|unstarted|not started|register"
        r"|\breceived|\blogged|created|submitted|requested|neu|offen|nouveau|ouvert|nuevo|abiert",
    ),
    (
        "active",
        r"progress|\b(re)?assign|unresolved|accept|acknowledg|\bactiv|\baktiv|\bstart(ed)?\b|running|\bwork|ongoing"
        r"|investigat|analy|assess|diagnos|root.cause|triage|review|approv|authori[sz]|schedul|plan|implement|develop"
        r"|\bdev\b|test|\bqa\b|deploy|build|fix|escalat|queue|ready|select|verif|monitor|patch available"
        r"|bearbeitung|zugewiesen|angenommen|pr[üu]fung|begonnen|geplant|en cours|\baffect[ée]|en curso|asignad"
        r"|en progreso",
    ),
)
_PATTERNS = tuple((category, re.compile(pattern, re.IGNORECASE)) for category, pattern in WORDS)


def category_of(label: str) -> StatusCategory:
    """Return the category of the first row of `WORDS` that matches the label; `unknown` if none does."""
    return next((category for category, pattern in _PATTERNS if pattern.search(label)), "unknown")


def settle(category: StatusCategory, *, has_ended: bool) -> StatusCategory:
    """Return the category of a ticket: one of an unknown status that has ended is closed."""
    return "closed" if category == "unknown" and has_ended else category
