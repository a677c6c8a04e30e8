"""Training of the classifier on the organisation's own decided tickets: base rates and a text model."""

from collections.abc import Iterator
from datetime import datetime

from service.analysis.classify import Case, Classifier, Example, Rules, TrainedModel, train
from service.store.database import Database
from service.store.results import classifier as classifier_store
from service.store.results import feedback
from service.store.tickets import reader


def retrain(database: Database, rules: Rules, at: datetime) -> tuple[TrainedModel, bool]:
    """Return (what all stored tickets teach, whether it differs from what is stored); store it if it does."""
    with database.read() as connection:
        stored = classifier_store.latest(connection)
    trained_model = train(_examples(database, Classifier(rules)), rules)
    is_new = stored is None or stored.version != trained_model.version
    if is_new:
        with database.write() as connection:
            classifier_store.save(connection, trained_model, at)
    return trained_model, is_new


def _examples(database: Database, classifier: Classifier) -> Iterator[Example]:
    """Yield the tickets that persons, rules or words decide."""
    for batch in reader.read_all(database):
        stored = [row for row in batch if row.deleted_at is None]
        # The classifier has no trained model here: what was learnt before must not teach itself.
        with database.read() as connection:
            labels = feedback.labels(connection, [(row.source_id, row.ticket.id) for row in stored])
        for row in stored:
            case = Case(row.ticket, row.source, labels.get((row.source_id, row.ticket.id)))
            if (example := classifier.example(case)) is not None:
                yield example
