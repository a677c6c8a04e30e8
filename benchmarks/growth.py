"""The growth of time with the length of one ticket's text: title and description of 0.1, 1 and 10 MB.

python -m benchmarks.growth: CPU seconds of each step, and the factor by which ten times the text takes longer: at most
10 where every character is read, 1 where the text is cut.
"""

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise

from config.settings import Settings
from connectors.model import Ticket
from service.analysis.classify import Classifier
from service.analysis.families.masking import mask
from service.analysis.families.shape import shape_of
from service.analysis.families.words import words
from service.pipeline.analyst import Analyst
from service.pipeline.rules import load_rules
from service.store import schema
from service.store.database import Database
from service.store.tickets import sources
from service.store.tickets.privacy import PrivacyFilter
from service.store.tickets.writer import PageWriter

MEGABYTES = (0.1, 1, 10)
TEXTS = {"prose": "Printer prn-07 on floor 3 hums since Monday.\n", "codes": "A1:b2@c ", "one word": "a1"}
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
KEY = b"a key of thirty-two bytes or more"


def ticket_of(text: str) -> Ticket:
    return Ticket(
        id="1", key="A-1", kind="incident", source_kind="incident", title=text, description=text, status="New",
        status_category="new", opened_at=AT, updated_at=AT, history_is="history",
    )  # fmt: skip


def analyse(text: str) -> Callable[[], object]:
    """Return the analysis of a store that holds one ticket."""
    folder = tempfile.TemporaryDirectory()
    database = Database(f"sqlite:///{folder.name}/growth.db")
    schema.upgrade(database)
    source_id = sources.register(database, "growth", "file", AT).id
    writer = PageWriter(database, PrivacyFilter("pseudonym", "store", KEY))
    page = writer.prepare(source_id, [ticket_of(text)])
    with database.write() as connection:
        writer.write(connection, source_id, page)

    def run() -> None:
        Analyst(database, Settings()).analyse(AT)
        database.dispose()
        folder.cleanup()

    return run


def steps() -> dict[str, Callable[[str], Callable[[], object]]]:
    """Return the steps by name; each makes of a text what is timed."""
    classifier = Classifier(load_rules(Settings()))
    hash_text = PrivacyFilter("pseudonym", "fingerprint", KEY).text_filter()
    return {
        "masking": lambda text: lambda: mask(text),
        "hashing": lambda text: lambda: hash_text(text),
        "words": lambda text: lambda: words(text),
        "keys": lambda text: lambda: shape_of("growth", ticket_of(text)),
        "rules": lambda text: lambda: classifier.decide(ticket_of(text)),
        "analysis": analyse,
    }


def cpu_seconds(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def main() -> None:
    print(f"{'CPU seconds':<20}" + "".join(f"{f'{size} MB':>9}" for size in MEGABYTES) + "   growth")
    for name, step in steps().items():
        cpu_seconds(step("warm"))
        for kind, part in TEXTS.items():
            seconds = [cpu_seconds(step(part * int(size * 1_000_000 / len(part)))) for size in MEGABYTES]
            growth = [f"x {later / max(sooner, 1e-4):.1f}" for sooner, later in pairwise(seconds)]
            print(f"{name + ', ' + kind:<20}" + "".join(f"{value:>9.3f}" for value in seconds), "", *growth, flush=True)


if __name__ == "__main__":
    main()
