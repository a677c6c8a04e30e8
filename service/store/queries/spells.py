"""Spells of peace: how long the problems of a scope stayed away after they had come back."""

from sqlalchemy import Connection, func, select

from service.analysis.episodes import LOOK_BACK
from service.analysis.survival import Spell, spell_of
from service.store.queries.scopes import Scope, Span
from service.store.results.tables import EpisodeRow, FactRow
from service.store.tickets.tables import table_of

EPISODE = table_of(EpisodeRow)
FACT = table_of(FactRow)
_LATER = EPISODE.alias("later")


def after_returns(connection: Connection, scope: Scope, span: Span) -> list[Spell]:
    """Return the spells after returns, as far as they were watched in a span, up to 26 weeks after the return.

    A return is in the scope of its first ticket.
    """
    # Only after returns: that a problem came back at least once is known before the spell begins. All problems that
    # ever came back would be those whose first spell ended; all problems, mostly single tickets.
    following = (
        select(func.min(_LATER.c.start_s))
        .where(_LATER.c.family_id == EPISODE.c.family_id, _LATER.c.start_s > EPISODE.c.start_s)
        .scalar_subquery()
    )
    watched = EPISODE.c.last_s >= span.begin - LOOK_BACK, EPISODE.c.last_s < span.end
    statement = (
        select(EPISODE.c.last_s, following)
        .join(FACT, FACT.c.ticket_id == EPISODE.c.first_ticket)
        .where(EPISODE.c.is_return, *watched, scope.condition(connection))
    )
    spells = (spell_of(last_s, start_s, span.begin, span.end) for last_s, start_s in connection.execute(statement))
    return [spell for spell in spells if spell is not None]
