"""The demo as tests read it: pulled and analysed once for all workers."""

from datetime import UTC, datetime
from pathlib import Path

import orjson

from config.settings import Settings
from service.pipeline.analyst import Analyst
from service.runtime import app
from service.runtime.demo import demonstrate

AS_OF = datetime(2026, 6, 1, 8, tzinfo=UTC)
SEED = 1
RUNS, SETTINGS = "runs.json", "settings.json"


def build_demo(folder: Path) -> None:
    """Write the demo's store, analysed, its runs with the tickets of their pages, and its settings."""
    pulled: list[int] = []
    demo = demonstrate(folder, AS_OF, SEED, lambda _source, page: pulled.append(len(page.tickets)))
    settings = demo.configuration.settings
    database = app.open_store(settings)
    Analyst(database, settings).analyse(AS_OF)
    database.dispose()
    runs = [{"outcome": run.outcome, "new": run.counts.new} for run in demo.runs]
    (folder / RUNS).write_bytes(orjson.dumps({"runs": runs, "tickets": sum(pulled)}))
    (folder / SETTINGS).write_text(settings.model_dump_json(include={"hourly_rate", "currency"}))


def demo_settings(folder: Path, port: int = 8080) -> Settings:
    """Return the settings of the demo in a folder, which may be a copy. Its systems have ended."""
    values = orjson.loads((folder / SETTINGS).read_bytes())
    return Settings.model_validate(values | {"database_url": f"sqlite:///{folder}/treadmill.db", "web": {"port": port}})
