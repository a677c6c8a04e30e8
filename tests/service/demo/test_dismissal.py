"""The demo's verdict is about failures: it stands when a person dismisses every request that recurs."""

import shutil
from pathlib import Path

from service.pipeline import corrections
from service.pipeline.analyst import Analyst
from service.report.document import report
from service.runtime import app
from service.store.queries.scopes import Scope
from service.store.results import families
from tests.service.demo.built import AS_OF, demo_settings

MORE_THAN_ALL = 10_000


def test_the_verdict_survives_the_dismissal_of_every_request_cycle(demo_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    shutil.copytree(demo_folder, folder)
    settings = demo_settings(folder)
    analyst = Analyst(app.open_store(settings), settings)
    before = _numbers(analyst)
    cycles = _request_cycles(analyst)

    for name in cycles:
        corrections.dismiss(analyst, [name])
    analyst.analyse(AS_OF)
    after = _numbers(analyst)
    remaining = _request_cycles(analyst)
    analyst.database.dispose()

    assert (len(cycles) > 20, remaining) == (True, [])
    assert before["state"] == "endless_cycles"
    assert after == before


def _numbers(analyst: Analyst) -> dict[str, object]:
    """Return what the verdict says, and the shares it rests on."""
    with analyst.snapshot(Scope(), AS_OF) as snapshot:
        document = report(snapshot)
    verdict, metrics = document.verdict, document.metrics
    stated = {"state": verdict.state, "sentence": verdict.sentence, "money": verdict.money}
    return stated | {name: metrics[name] for name in ("repeat_share", "endless_share")}


def _request_cycles(analyst: Analyst) -> list[str]:
    with analyst.database.read() as connection:
        numbers = families.cycles_without(connection, (), "request", MORE_THAN_ALL)
        return [family.name for family in families.read(connection, numbers).values()]
