"""The commands of the analysis, from their arguments to what they print."""

import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.service.conftest import Runs

Line = dict[str, Any]
COMES_BACK = [
    {"id": str(week), "key": f"INC{week}", "title": "Mail gateway rejects attachment", "kind": "incident",
     "opened_at": f"{opened}T09:00:00Z", "resolved_at": f"{opened}T12:00:00Z", "status": "Closed", "team": "Messaging"}
    for week, opened in enumerate(("2026-01-05", "2026-01-12", "2026-01-19", "2026-01-26", "2026-02-02"), 1)
]  # fmt: skip
PRINTER: Line = {
    "id": "9", "key": "INC9", "opened_at": "2026-01-22T09:00:00Z", "kind": "incident", "status": "New",
    "title": "Printer queue stuck on floor 3", "team": "Workplace",
}  # fmt: skip
FIX: Line = {
    "id": "20", "key": "CHG20", "opened_at": "2026-01-20T09:00:00Z", "resolved_at": "2026-01-21T09:00:00Z",
    "kind": "change", "status": "Closed", "title": "Replace the mail gateway",
    "links": [{"relation": "related", "target": "1"}],
}  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the store of `analysed`, which the test that asks first fills."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def analysed(treadmill: Runs, store: Path, tmp_path: Path) -> Runs:
    """A store with one problem that came back four times, one that did not, and a change."""
    (tmp_path / "tickets.jsonl").write_text("\n".join(map(json.dumps, (*COMES_BACK, PRINTER, FIX))))
    if not any(store.iterdir()):
        assert treadmill("sync")[0] == 0
        for file in tmp_path.glob("treadmill.db*"):
            shutil.copy(file, store)
    shutil.copytree(store, tmp_path, dirs_exist_ok=True)
    return treadmill


def exported(treadmill: Runs, what: str, *arguments: str) -> list[Line]:
    """The lines of an export."""
    code, out, err = treadmill("export", what, *arguments)
    assert code == 0, err
    return list(map(json.loads, out.splitlines()))


def test_sync_analyses_unless_no_analysis_is_requested(treadmill: Runs) -> None:
    assert "analysed: " not in treadmill("sync", "--no-analysis")[1]
    assert "analysed: 2 tickets (all: first analysis)" in treadmill("analyse")[1]
    assert "analysed: 0 tickets, 0 periods" in treadmill("sync")[1]
    assert "analysed: 2 tickets (all: rebuilt)" in treadmill("analyse", "--rebuild")[1]
    done = json.loads(treadmill("analyse", "--json")[1])
    assert (done["tickets"], done["rebuilt"], done["reason"]) == (0, False, None)


def test_an_analysis_of_an_empty_store_says_so(treadmill: Runs) -> None:
    assert treadmill("analyse") == (0, "analysed: nothing, the store has no tickets yet\n", "")


def test_an_analysis_as_of_the_past_is_continued_with_later_changes(analysed: Runs) -> None:
    assert analysed("analyse", "--as-of", "2026-01-13")[0] == 0
    [cycle] = exported(analysed, "cycles")
    assert cycle["episodes"] == 5


def test_an_export_as_of_the_past_holds_what_had_happened_by_then(analysed: Runs) -> None:
    assert exported(analysed, "cycles", "--as-of", "2026-01-13") == []
    [then] = exported(analysed, "cycles", "--as-of", "2026-01-19")
    [now] = exported(analysed, "cycles")
    assert (then["episodes"], now["episodes"]) == (3, 5)
    assert exported(analysed, "cycles", "--as-of", "2026-01-19", "--scope", "source:archive") == [then]


def test_a_person_merges_splits_dismisses_and_declares_a_fix(analysed: Runs) -> None:
    [cycle] = exported(analysed, "cycles")
    printer = next(line["family"] for line in exported(analysed, "tickets") if line["id"] == "9")
    assert analysed("cycles", "merge", cycle["id"], printer)[:2] == (0, f"merged {cycle['id']}, {printer}\n")
    [merged] = exported(analysed, "cycles")
    assert (merged["id"], merged["tickets"], merged["episodes"]) == (cycle["id"], 6, 5), (
        "the printer came after a repair"
    )
    assert analysed("cycles", "split", printer, "INC9")[0] == 0, "a former name leads to the family"
    [again] = exported(analysed, "cycles")
    assert again == cycle
    assert analysed("cycles", "fix", cycle["id"], "2026-02-03")[0] == 0
    [fixed] = exported(analysed, "cycles")
    assert any("2026-02-03" in fix for fix in fixed["fixes"])
    assert analysed("cycles", "dismiss", cycle["id"])[0] == 0
    assert exported(analysed, "cycles") == []
    analysed("analyse", "--rebuild")
    assert exported(analysed, "cycles") == []


def test_a_label_overrides_the_rules_and_is_explained(analysed: Runs) -> None:
    explanation = analysed("explain", "INC3")[1]
    assert all(
        part in explanation for part in ("INC3: Mail gateway", "opened 19 January 2026, 09:00", "episode 3", "a cycle")
    )
    assert analysed("label", "archive:INC3", "proactive", "--class", "maintenance")[0] == 0
    explanation = analysed("explain", "INC3")[1]
    assert "proactive, maintenance" in explanation
    assert "none: only reactive tickets belong to families" in explanation
    [cycle] = exported(analysed, "cycles")
    assert cycle["ticket_ids"] == ["5", "4", "2", "1"]
    assert json.loads(analysed("review", "--json")[1]) == [], "what a person has decided is in no doubt"


def test_corrections_are_listed_and_undone(analysed: Runs) -> None:
    [cycle] = exported(analysed, "cycles")
    assert analysed("cycles", "words")[:2] == (0, "no corrections\n")
    analysed("cycles", "fix", cycle["id"], "2026-02-03")
    analysed("cycles", "dismiss", cycle["id"])
    dismissed, fixed = analysed("cycles", "words")[1].splitlines()
    assert dismissed.split()[2:] == ["dismiss", "INC1", "in", cycle["id"]]
    assert fixed.split()[2:] == ["fix", "on", "2026-02-03", "INC1", "in", cycle["id"]]
    assert analysed("cycles", "words", cycle["id"])[1].splitlines() == [dismissed, fixed]
    for line in (dismissed, fixed):
        assert analysed("cycles", "undo", line.split()[0])[:2] == (0, f"undone: {line}\n")
    assert exported(analysed, "cycles") == [cycle]


def test_a_label_is_removed(analysed: Runs) -> None:
    before = exported(analysed, "tickets")
    analysed("label", "INC3", "proactive")
    assert exported(analysed, "tickets") != before
    assert analysed("label", "INC3", "--forget")[:2] == (0, "INC3 is decided by the rules again\n")
    assert exported(analysed, "tickets") == before


def test_learning_reports_what_is_missing(analysed: Runs) -> None:
    assert "no text model" in analysed("learn")[1]
    assert "nothing new to learn" in analysed("learn")[1]


def test_metrics_are_exported_by_scope_and_period(analysed: Runs) -> None:
    lines = exported(analysed, "metrics", "--grain", "month", "--scope", "team:Messaging")
    assert {line["scope"] for line in lines} == {"team:Messaging"}
    opened = {line["from"][:10]: (line["value"], line["finished"]) for line in lines if line["metric"] == "opened"}
    assert opened == {"2026-01-01": (4, True), "2026-02-01": (1, True)}


@pytest.mark.parametrize("command", ["report", "export tickets", "export metrics", "export cycles"])
def test_a_scope_without_tickets_is_named_beside_similar_ones(analysed: Runs, tmp_path: Path, command: str) -> None:
    file = tmp_path / "kept"
    file.write_text("of yesterday")
    code, out, err = analysed(*command.split(), "--scope", "team:MESAGING", "--output", str(file))
    assert (code, out) == (1, "")
    assert err == "error: No ticket belongs to the scope team:MESAGING. Did you mean team:Messaging?\n"
    assert analysed(*command.split(), "--scope", "kind:Nope")[2] == "error: No ticket belongs to the scope kind:Nope.\n"
    assert file.read_text() == "of yesterday"


def test_a_report_on_a_scope_of_an_empty_store_says_what_to_do(treadmill: Runs) -> None:
    code, out, err = treadmill("report", "--scope", "team:Messaging")
    assert code == 0
    assert "There are no tickets yet." in out
    assert ("sqlite:///" in err, err.endswith("treadmill.db holds no analysed ticket.\n")) == (True, True)


def test_evaluate_measures_the_classifier(treadmill: Runs, tmp_path: Path) -> None:
    file = tmp_path / "labelled.jsonl"
    labelled = [{"nature": "reactive", "title": "Mail is down"}, {"nature": "proactive", "title": "Add a new report"}]
    file.write_text("\n".join(map(json.dumps, labelled)))
    code, out, _ = treadmill("evaluate", str(file))
    assert (code, "macro-F1" in out) == (0, True)
    assert json.loads(treadmill("evaluate", str(file), "--json")[1])
    file.write_text('{"nature": "reactive", "title": "x"}\n{"nature": "neither", "title": "x"}\n')
    code, _, err = treadmill("evaluate", str(file))
    assert (code, "labelled.jsonl:2: nature must be" in err) == (2, True)


def test_a_wrong_rules_file_is_reported_line_by_line(treadmill: Runs, tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text('version = "1"\n[[rule]]\nname = "ours"\nclass = "nonsense"\nwhen = {kind = "incident"}\n')
    code, _, err = treadmill("analyse", RULES_FILE=str(file))
    assert (code, "rules.toml:4: rule.class must be one of" in err, "Traceback" in err) == (2, True, False)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["label", "NOPE", "reactive"], "no ticket has the key or id 'NOPE'"),
        (["label", "INC1"], "give a nature, reactive or proactive, or --forget"),
        (["label", "INC1", "reactive", "--forget"], "--forget takes neither nature nor class"),
        (["label", "INC1", "--forget"], "nobody has labelled INC1"),
        (["cycles", "undo", "7"], "no correction has the number 7"),
        (["cycles", "words", "F1"], "no family is called 'F1'"),
        (["label", "INC1", "both"], "must be one of reactive, proactive"),
        (["label", "INC1", "reactive", "--class", "delivery"], "delivery is proactive, not reactive"),
        (["explain", "NOPE"], "no ticket has the key or id 'NOPE'"),
        (["cycles", "merge", "F1"], "merge needs two families or more"),
        (["cycles", "dismiss", "F1"], "no family is called 'F1'"),
        (["cycles", "split", "{cycle}", "INC9"], "INC9 not in {cycle}"),
        (["cycles", "fix", "{cycle}", "yesterday"], "must be a day or an instant"),
        (["cycles", "fix", "{cycle}", "2099-10-01"], "2099-10-01 is in the future: declare a fix once it is made"),
        (["export", "metrics", "--grain", "year"], "must be one of day, week, month"),
        (["report", "--scope", "team:"], "must be all or one of"),
        (["report", "--as-of", "soon"], "must be a day or an instant"),
    ],
)
def test_a_wrong_name_is_reported_and_changes_nothing(
    analysed: Runs, tmp_path: Path, arguments: list[str], words: str
) -> None:
    with closing(sqlite3.connect(tmp_path / "treadmill.db")) as store:
        before = lines_of(store)
        [(cycle,)] = store.execute("SELECT name FROM family WHERE is_cycle").fetchall()
        code, out, err = analysed(*(part.format(cycle=cycle) for part in arguments))
        assert (code, words.format(cycle=cycle) in out + err, "Traceback" in err) == (2, True, False), err
        assert lines_of(store) == before


def lines_of(store: sqlite3.Connection) -> list[str]:
    """Return all lines of a store but that of when it was analysed, which a command may bring up to date."""
    return [line for line in store.iterdump() if not line.startswith("INSERT INTO \"installation\" VALUES('analysis'")]


@pytest.mark.parametrize(("people", "author"), [("pseudonym", r"p-[0-9a-f]{12}"), ("name", "jane"), ("none", "None")])
def test_the_audit_trail_names_authors_as_the_settings_have_people_stored(
    analysed: Runs, monkeypatch: pytest.MonkeyPatch, people: str, author: str
) -> None:
    monkeypatch.setenv("TREADMILL_PRIVACY__PEOPLE", people)
    monkeypatch.setenv("LOGNAME", "jane")
    assert analysed("label", "INC9", "proactive", "--class", "improvement")[0] == 0
    assert analysed("label", "INC9", "--forget")[0] == 0
    labelled, forgotten = exported(analysed, "audit")[-2:]
    assert re.fullmatch(author, str(labelled["author"]))
    assert (labelled["via"], labelled["what"], labelled["subject"]) == ("command", "label", "archive:INC9")
    assert (labelled["before"], labelled["after"]) == (None, "proactive, improvement")
    assert (forgotten["what"], forgotten["before"], forgotten["after"]) == (
        "remove label", "proactive, improvement", None
    )  # fmt: skip
    assert exported(analysed, "audit", "--as-of", "2026-01-01") == []
    assert analysed("export", "audit", "--format", "csv")[1].startswith("id,at,author,via,what,subject,before,after")
