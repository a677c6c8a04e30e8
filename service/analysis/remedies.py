"""Remedies: what was done to close a ticket, as far as words tell, so that the same remedy is seen again."""

import hashlib
import re

from service.analysis.families.masking import mask

# Whole words without digits: the letters within a hash, which privacy may have put in place of a word, say nothing.
WORD = re.compile(r"(?<!\w)[^\W\d_]{3,}(?!\w)")
LEAST_WORDS = 2
# Said of anything that is over, or without a meaning of their own: they tell that a ticket was closed, not by what.
EMPTY = frozenset({
    "the", "and", "was", "were", "has", "have", "had", "been", "with", "for", "from", "that", "this", "its", "now",
    "not", "all", "any", "via", "per", "after", "before", "again", "user", "issue", "issues", "problem", "problems",
    "ticket", "tickets", "incident", "incidents", "request", "requests", "case", "error", "fault", "customer",
    "caller", "fixed", "fix", "fixes", "resolved", "resolve", "resolution", "solved", "solve", "solution", "done",
    "closed", "close", "completed", "complete", "finished", "confirmed", "works", "working", "okay", "agreed",
    "advised", "informed", "please", "thanks", "thank", "permanently", "duplicate", "cancelled", "did", "due", "does",
    "response", "respond", "responded", "responding", "reply", "replied", "feedback", "answer", "reaction", "client",
    "contact", "contacted", "reach", "reached", "unable", "automatically", "auto", "closing", "closure", "confirmation",
    "confirm", "handled", "covered", "tracked", "record", "parent", "main", "see", "refer", "related", "another",
    "other",
    "day", "days", "week", "weeks", "hours", "one", "two", "three", "four", "five", "seven", "ten", "longer", "more",
    "information", "needed", "required", "requested", "reported", "inactivity", "under", "resolving", "without",
    "und", "der", "die", "das", "den", "dem", "ein", "eine", "ist", "war", "wurde", "nicht", "mit", "auf", "für",
    "gelöst", "erledigt", "behoben", "geschlossen", "abgeschlossen", "anwender", "kunde", "störung", "anfrage",
    "bitte", "prüfen", "bestätigen", "bestätigt", "vielen", "dank", "kein", "keine", "keinen", "fehler", "gefunden",
    "rückmeldung", "antwort", "vom", "von", "wie", "besprochen", "durch", "nach", "siehe", "automatisch", "tagen",
    "haupt", "sich", "wird", "wieder", "mehr", "alles",
    "les", "des", "une", "est", "été", "avec", "pour", "par", "pas", "résolu", "réglé", "fermé", "terminé",
    "utilisateur", "problème", "demande", "merci", "confirmer", "confirmé", "réponse", "sans", "voir", "aucune",
    "aucun", "jours", "automatiquement",
    "los", "las", "una", "con", "por", "para", "fue", "está", "resuelto", "solucionado", "cerrado", "completado",
    "usuario", "problema", "solicitud", "favor", "confirmar", "confirmado", "respuesta", "sin", "ver", "cliente",
    "días", "gracias", "automáticamente",
})  # fmt: skip


def remedy_of(resolution: str | None, code: str | None) -> int | None:
    """Return a number for what was done, the same for the same words in any order; None where nothing is said.

    `code` is the system's own word for the resolution: a resolution that only repeats it says nothing.
    """
    if resolution is None or resolution == code:
        return None
    words = sorted({word.casefold() for word in WORD.findall(mask(resolution))} - EMPTY)
    if len(words) < LEAST_WORDS:
        return None
    digest = hashlib.blake2b(" ".join(words).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
