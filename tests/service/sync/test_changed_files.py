"""Pulls of files that have shrunk, were exchanged, or can no longer be read."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.base import Context
from connectors.registry import load
from service.store.tickets import sources
from service.sync.pull import pull
from service.sync.run import Run, SyncContext
from service.sync.source import ConfiguredSource
from tests.connectors.file.harness import ticket, write, write_jsonl

BAD_FILES = {
    "empty": "",
    "HTML": "<html><body>Sign in</body></html>",
    "other columns": "Nummer;Betreff;Erstellt\n1;a;01.03.2026 08:00\n",
    "refused lines": "id,opened_at\n1,soon\n2,later\n",
}


def table(*ids: str) -> str:
    return "id,opened_at\n" + "".join(f"{uid},2026-03-01T08:00:00Z\n" for uid in ids)


def numbered(count: int, letter: str = "G") -> list[str]:
    return [f"{letter}{number}" for number in range(count)]


def run_pull(context: SyncContext, path: Path, *, full: bool = False) -> Run:
    connector = load("file")
    source = ConfiguredSource("s", connector, connector.Settings.model_validate({"path": str(path)}), Context("s"))
    return asyncio.run(pull(replace(context, stop=asyncio.Event()), source, full=full))


@pytest.mark.parametrize("content", BAD_FILES.values(), ids=BAD_FILES)
def test_a_file_that_became_unreadable_fails_each_run_and_the_others_are_stored(
    context: SyncContext, tmp_path: Path, content: str
) -> None:
    bad = write(tmp_path / "a.csv", table(*numbered(60)))
    assert run_pull(context, tmp_path / "*.csv").outcome == "done"
    write(bad, content)
    good = write(tmp_path / "b.csv", table("B1", "B2"))
    for new in (2, 0):
        run = run_pull(context, tmp_path / "*.csv")
        assert (run.outcome, run.counts.new) == ("failed", new)
        assert str(bad) in (run.reason or "")
        assert str(good) not in (run.reason or "")
        assert "refused records say why" in (run.remedy or "")
    [state] = sources.states(context.database)
    assert state.tickets == 62
    write(bad, table(*numbered(60)))
    assert run_pull(context, tmp_path / "*.csv").outcome == "done"


@pytest.mark.parametrize("full", [False, True])
def test_a_file_that_has_shrunk_makes_its_source_incomplete_until_it_is_back(
    context: SyncContext, tmp_path: Path, full: bool
) -> None:
    path = write(tmp_path / "a.csv", table(*numbered(60)))
    run_pull(context, path)
    write(path, table(*numbered(10), "G1"))
    run = run_pull(context, path, full=full)
    [gap] = run.gaps
    assert (run.outcome, run.counts.deleted, gap.count) == ("done", 0, 50)
    assert "The source holds 10 of the 60 tickets" in gap.text
    assert "`treadmill census s`" in gap.text
    assert sources.states(context.database)[0].complete is False
    assert run_pull(context, path).gaps == (gap,), "an unchanged file"
    write(path, table(*numbered(60)))
    assert run_pull(context, path).gaps == ()
    [state] = sources.states(context.database)
    assert (state.complete, state.tickets) == (True, 60)


def test_a_file_that_was_exchanged_or_has_vanished_makes_its_source_incomplete(
    context: SyncContext, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.csv", table(*numbered(5)))
    second = write(tmp_path / "b.csv", table("B1"))
    run_pull(context, tmp_path / "*.csv")
    write(path, table(*numbered(6, "X")))
    assert [gap.count for gap in run_pull(context, tmp_path / "*.csv").gaps] == [5]
    second.unlink()
    assert [gap.count for gap in run_pull(context, tmp_path / "*.csv").gaps] == [6]


def test_a_ticket_that_is_refused_still_counts(context: SyncContext, tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", *(ticket(uid) for uid in numbered(20)))
    run_pull(context, path)
    write_jsonl(path, *(ticket(uid) for uid in numbered(19)), ticket("G19", opened_at="soon"))
    assert run_pull(context, path).gaps == ()
