"""Learning from the organisation's own decided tickets: base rates, and a text model where there are enough of them."""

from collections.abc import Iterator
from datetime import datetime

from service.analysis.classify import Case, Classifier, Example, Rules, TrainedModel, train
from service.store.database import Database
from service.store.results import classifier as learnt
from service.store.results import feedback
from service.store.tickets import reader


def retrain(database: Database, rules: Rules, at: datetime) -> tuple[TrainedModel, bool]:
    """(what was learnt from all stored tickets, whether it differs from what was known); it is kept where it does."""
    with database.read() as connection:
        known = learnt.latest(connection)
    experience = train(_examples(database, Classifier(rules)), rules)
    is_new = known is None or known.version != experience.version
    if is_new:
        with database.write() as connection:
            learnt.save(connection, experience, at)
    return experience, is_new


def _examples(database: Database, classifier: Classifier) -> Iterator[Example]:
    """The tickets that persons, rules or words decide; what was learnt before does not teach itself."""
    for batch in reader.read_all(database):
        stored = [one for one in batch if one.deleted_at is None]
        with database.read() as connection:
            labels = feedback.labels(connection, [(one.source_id, one.ticket.id) for one in stored])
        for one in stored:
            case = Case(one.ticket, one.source, labels.get((one.source_id, one.ticket.id)))
            if (example := classifier.example(case)) is not None:
                yield example
