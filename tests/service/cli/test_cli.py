"""The command line as operators use it: messages, exit codes, no traceback."""

import json
import re
import sys
from importlib import import_module
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from service import cli
from service.cli import exit_codes, root
from service.cli.configuration import load_configuration
from tests.service.conftest import Runs

LINE = '{"id": "%d", "opened_at": "2026-03-03T09:00:00Z", "kind": "change", "status": "New"}'


def test_check_sync_report_and_export(treadmill: Runs) -> None:
    code, out, _ = treadmill("check")
    assert (code, out.count("ok  ")) == (0, 2)
    code, out, _ = treadmill("sync", "--json")
    [run] = json.loads(out)
    assert (code, run["source"], run["new"], run["outcome"]) == (0, "archive", 2, "done")
    code, out, _ = treadmill("export", "tickets")
    first, second = map(json.loads, out.splitlines())
    assert (first["id"], first["reopens"], first["history_is"], second["nature"]) == ("1", 1, "counter", "proactive")
    code, out, _ = treadmill("report", "--format", "json", "--as-of", "2026-03-30")
    document = json.loads(out)
    assert (code, document["schema"], len(document["questions"])) == (0, "treadmill.report/2", 4)
    assert document["metrics"]["opened"]["value"] == 2
    assert document["metrics"]["repeat_share"]["n"] == 1
    assert document["metrics"]["sla_breach_rate"]["measurable"] is False
    assert document["sources"][0]["complete"] is True
    assert treadmill("report")[1].startswith("NOT ENOUGH DATA YET. The data do not yet show whether support runs")


def test_notify_reports_what_is_missing_prints_without_sending_and_prints_each_answer(treadmill: Runs) -> None:
    code, _, err = treadmill("notify", "--test")
    assert (code, "TREADMILL_NOTIFY__URLS must be set" in err) == (2, True)
    code, out, err = treadmill("notify", "--test", "--dry-run", NOTIFY__URLS="nonsense://s3cret")
    assert (code, out.splitlines()[0]) == (0, "To URL 1 (nonsense://…)")
    code, out, err = treadmill("notify", "--test")
    assert (code, out.startswith("URL 1 (nonsense://…): refused: ")) == (1, True)
    assert "s3cret" not in out + err
    assert treadmill("notify")[:2] == (0, "nothing new\n")


@pytest.mark.parametrize("command", ["check", "sync", "label 1 reactive"])
def test_a_lost_key_is_missed_and_not_replaced(treadmill: Runs, tmp_path: Path, command: str) -> None:
    assert treadmill("sync", "--no-analysis")[0] == 0
    assert treadmill("check")[0] == 0
    (tmp_path / "treadmill.db.key").unlink()
    code, out, err = treadmill(*command.split())
    assert code == 1
    assert f"another privacy key. Set TREADMILL_PRIVACY__KEY_FILE to that key, or bring back its file {tmp_path}" in (
        out + err
    )
    assert ("FAILED database: " in out) == (command == "check")
    assert not (tmp_path / "treadmill.db.key").exists()


def test_check_reports_urls_of_notifications_that_apprise_cannot_use(treadmill: Runs) -> None:
    code, out, err = treadmill("check", NOTIFY__URLS="json://localhost/s3cret")
    assert (code, "ok     notifications: Apprise can use 1 URL" in out) == (0, True)
    code, out, err = treadmill("check", NOTIFY__URLS="json://localhost/s3cret, nonsense://s3cret")
    assert (code, "FAILED notifications: Apprise cannot use URL 2 (nonsense://…) of" in out) == (3, True)
    assert "s3cret" not in out + err
    code, out, _ = treadmill("check", NOTIFY__URLS="zork")
    assert (code, "FAILED notifications: Apprise cannot use URL 1 of TREADMILL_NOTIFY__URLS" in out) == (3, True)


def test_a_price_without_effect_is_named_by_the_check_and_at_the_start_of_a_run(
    treadmill: Runs, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    sentence = "TREADMILL_HOURLY_RATE is not used, since TREADMILL_SUPPORT_COST is set too"
    assert sentence not in treadmill("check", HOURLY_RATE="80")[1]
    code, out, _ = treadmill("check", SUPPORT_COST="50000")
    assert (code, f"ok     settings: {sentence}" in out) == (0, True)
    load_configuration(logs_progress=True)
    assert sentence.encode() in capfdbinary.readouterr().err


def test_a_report_is_written_as_a_page_of_its_own(treadmill: Runs, tmp_path: Path) -> None:
    treadmill("sync")
    code, out, _ = treadmill("report", "--format", "html", "--output", str(tmp_path / "report.html"))
    assert (code, out) == (0, "")
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_scope_narrows_a_report_and_an_export(treadmill: Runs) -> None:
    treadmill("sync")
    assert len(treadmill("export", "tickets", "--scope", "team:Database")[1].splitlines()) == 1
    code, _, err = treadmill("report", "--scope", "floor:3")
    assert (code, "floor:3" in err) == (2, True)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_other_formats_hold_the_same_tickets(treadmill: Runs, tmp_path: Path, form: str) -> None:
    treadmill("sync")
    file = tmp_path / f"out.{form}"
    assert treadmill("export", "tickets", "--format", form, "--output", str(file))[0] == 0
    if form == "parquet":
        parquet = pytest.importorskip("pyarrow.parquet")
        assert parquet.read_table(file).column("id").to_pylist() == ["1", "2"]
    else:
        lines = file.read_text().splitlines()
        assert len(lines) == 3
        assert "'=Network" in lines[1], "a cell must not start a formula"


@pytest.mark.parametrize(
    ("arguments", "environ", "code", "words"),
    [
        (["sync"], {"TIMEZON": "UTC"}, 2, "TREADMILL_TIMEZON is unknown; did you mean TREADMILL_TIMEZONE?"),
        (["sync"], {"SOURCES__ARCHIVE__PAHT": "x"}, 2, "did you mean TREADMILL_SOURCES__ARCHIVE__PATH?"),
        (
            ["sync"],
            {"SOURCES__ARCHIVE__URL": "x"},
            2,
            "it belongs to sources of type jira, servicenow; this one takes PATH",
        ),
        (["sync"], {"SOURCES__ARCHIVE__ZQ": "x"}, 2, "TREADMILL_SOURCES__ARCHIVE__ZQ is unknown"),
        (["sync"], {"SOURCES__X__CONNECTOR": "nope"}, 2, "must name an installed connector (file, jira, servicenow)"),
        (["sync", "archiv"], {}, 2, "archiv is not a configured source; did you mean archive?"),
        (["sync", "--since", "yesterday"], {}, 2, "must be a day or an instant"),
        (["nonsense"], {}, 2, "nonsense"),
        (["demo", "--port", "99999"], {}, 2, "Invalid value for '--port'"),
        (["demo", "--port", "0"], {}, 2, "Invalid value for '--port'"),
        (["sync"], {"DATABASE_URL": "sqlite:////nowhere/at/all.db"}, 1, "does not exist. Create it."),
        (["check"], {"SOURCES__ARCHIVE__PATH": "/nowhere/*.jsonl"}, 1, "/nowhere"),
    ],
)
def test_wrong_use_is_reported_by_a_message_and_an_exit_code(
    treadmill: Runs, arguments: list[str], environ: dict[str, str], code: int, words: str
) -> None:
    exit_code, out, err = treadmill(*arguments, **environ)
    assert exit_code == code, out + err
    assert words in out + err
    assert "Traceback" not in out + err


def test_every_wrong_variable_is_reported_at_once(treadmill: Runs) -> None:
    _, _, err = treadmill("check", TIMEZONE="x", SOURCES__B__CONNECTOR="nope", SOURCES__JIRA__TOKEN="t")
    assert err.count("error: ") >= 3
    assert "TREADMILL_SOURCES__JIRA__URL must be set" in err


def test_a_source_that_fails_lets_the_others_be_committed(treadmill: Runs) -> None:
    code, out, _ = treadmill("sync", SOURCES__GONE__CONNECTOR="file", SOURCES__GONE__PATH="/nowhere/x.csv")
    assert code == 3
    assert "archive: 2 read, 2 new" in out


def test_a_missing_source_is_reported(treadmill: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TREADMILL_SOURCES__ARCHIVE__CONNECTOR")
    monkeypatch.delenv("TREADMILL_SOURCES__ARCHIVE__PATH")
    code, _, err = treadmill("sync")
    assert (code, "nothing is configured" in err) == (2, True)


def test_debug_shows_the_traceback(treadmill: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["treadmill", "sync", "--debug"])
    monkeypatch.setenv("TREADMILL_TIMEZONE", "x")
    with pytest.raises(Exception, match="TIMEZONE"):
        cli.main()


@pytest.mark.usefixtures("no_store")
def test_what_is_written_is_for_its_owner_alone(treadmill: Runs, tmp_path: Path) -> None:
    treadmill("sync")
    assert (tmp_path / "treadmill.db").stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("no_store")
def test_migrate_census_connectors_and_version(treadmill: Runs) -> None:
    assert "is up to date" in treadmill("migrate")[1]
    treadmill("sync")
    assert treadmill("census")[0] == 0
    assert [line.split()[0] for line in treadmill("connectors")[1].splitlines()] == ["file", "jira", "servicenow"]
    assert treadmill("version")[1].strip()


def test_a_file_that_was_cut_short_is_reported_by_every_command_that_reads_it(treadmill: Runs, tmp_path: Path) -> None:
    lines = [LINE % number for number in range(150)]
    (tmp_path / "tickets.jsonl").write_text("\n".join(lines))
    assert "incomplete" not in treadmill("check")[1] + treadmill("sync")[1]
    (tmp_path / "tickets.jsonl").write_text("\n".join(lines[:20]))
    sentence = "130 of 150 tickets can no longer be seen. None was marked as deleted. If they still exist, check the"
    for command in ("census", "sync", "check"):
        code, out, _ = treadmill(command)
        assert (code, out.count(f"  incomplete: {sentence}")) == (0, 1), command
        assert "or the files that the source reads." in out
        result = json.loads(treadmill(command, "--json")[1])[-1]
        assert [(gap["cause"], gap["count"]) for gap in result["gaps"]] == [("too_many_gone", 130)], command
    (tmp_path / "tickets.jsonl").write_text("\n".join(lines))
    assert "incomplete" not in treadmill("census")[1] + treadmill("check")[1]


@pytest.mark.parametrize(("bad", "end"), [(20, None), (23, "  and 3 more refused")])
def test_refused_records_beyond_those_that_are_printed_are_counted(
    treadmill: Runs, tmp_path: Path, bad: int, end: str | None
) -> None:
    (tmp_path / "tickets.jsonl").write_text("\n".join([LINE % 1, *["{}"] * bad]))
    lines = treadmill("sync", "--no-analysis")[1].splitlines()
    assert sum(line.startswith("  refused ") for line in lines) == 20
    assert [line for line in lines if "more" in line] == ([end] if end else [])


def test_a_file_of_which_nothing_can_be_taken_fails_its_check_and_every_pull(treadmill: Runs, tmp_path: Path) -> None:
    (tmp_path / "tickets.jsonl").write_text("\n".join(['{"id": "1", "opened_at": "yesterday"}'] * 50))
    code, out, _ = treadmill("check")
    assert (code != 0, "FAILED archive: only 0 of the 50 records looked at can be taken" in out) == (True, True)
    assert out.count("FAILED") == 1
    for _ in range(3):
        code, out, _ = treadmill("sync", "--no-analysis")
        assert (code != 0, ", failed" in out) == (True, True), out


def test_versions_and_events_count_by_line_where_half_must_be_taken(
    treadmill: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tickets.jsonl").write_text("\n".join([*[LINE % 1] * 20, *["{}"] * 19]))
    code, out, _ = treadmill("sync", "--no-analysis")
    assert (code, "1 read" in out, "19 refused" in out) == (0, True, True)
    event = json.dumps(json.loads(LINE % 1) | {"at": "2026-03-01T08:00:00Z"})
    (tmp_path / "tickets.jsonl").write_text("\n".join([*[event] * 20, *["{}"] * 19]))
    monkeypatch.setenv("TREADMILL_SOURCES__ARCHIVE__EVENTS", "true")
    assert treadmill("sync", "--no-analysis")[0] == 0


def test_words_that_nobody_understood_are_reported_by_every_command_that_reads_a_source(
    treadmill: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = json.loads(LINE % 1) | {"status": "Netzwerk", "kind": "Umbrella"}
    (tmp_path / "tickets.jsonl").write_text(json.dumps(line))
    for command in ("sync", "check"):
        out = treadmill(command)[1]
        for line in (
            'status "Netzwerk" of 1 ticket is not understood.',
            'kind "Umbrella" of 1 ticket is not understood.',
            """set TREADMILL_SOURCES__ARCHIVE__STATUS_MAP={"Netzwerk": "?"} with new, active, waiting,""",
            """set TREADMILL_SOURCES__ARCHIVE__KIND_MAP={"Umbrella": "?"} with incident, request,""",
        ):
            assert line in out, command
        result = json.loads(treadmill(command, "--json")[1])[-1]
        words = [("status", "Netzwerk", 1), ("kind", "Umbrella", 1)]
        assert [(word["field"], word["word"], word["tickets"]) for word in result["unknown"]] == words, command
    monkeypatch.setenv("TREADMILL_SOURCES__ARCHIVE__STATUS_MAP", '{"Netzwerk": "?"}')
    assert """has a value for "Netzwerk" that must be 'new', 'active', 'waiting',""" in treadmill("check")[2]
    monkeypatch.setenv("TREADMILL_SOURCES__ARCHIVE__STATUS_MAP", '{"Netzwerk": "active"}')
    monkeypatch.setenv("TREADMILL_SOURCES__ARCHIVE__KIND_MAP", '{"Umbrella": "task"}')
    assert "not understood" not in treadmill("sync", "--full")[1]


def test_gaps_of_a_source_that_fails_its_check_are_reported_too(treadmill: Runs, tmp_path: Path) -> None:
    (tmp_path / "tickets.jsonl").write_text("\n".join(LINE % number for number in range(150)))
    treadmill("sync", "--no-analysis")
    (tmp_path / "tickets.jsonl").write_text(LINE % 1)
    treadmill("census")
    (tmp_path / "tickets.jsonl").unlink()
    code, out, _ = treadmill("check")
    assert (code != 0, "FAILED archive" in out, "incomplete: 149 of 150" in out) == (True, True, True)


def test_env_example_is_what_the_settings_say(treadmill: Runs) -> None:
    _, out, _ = treadmill("settings", "--format", "env")
    assert (Path(__file__).parents[3] / "config" / "env.example").read_text() == out


@pytest.mark.parametrize(("name", "summary"), [(name, summary) for name, (_, summary) in root.COMMANDS.items()])
def test_the_summary_of_a_command_is_its_docstring(name: str, summary: str) -> None:
    command = get_command(cli.cli)
    assert isinstance(command, TyperGroup)
    entry = command.commands[name]
    assert isinstance(entry, root.LazyCommand)
    assert entry.load().help == summary


@pytest.mark.parametrize("name", ["export", "cycles"])
def test_a_group_of_commands_has_no_options_but_help(treadmill: Runs, name: str) -> None:
    code, out, err = treadmill(name, "--help")
    assert (code, err) == (0, "")
    assert set(re.findall(r"--[a-z-]+", out)) == {"--help"}


@pytest.mark.parametrize("name", exit_codes.EXIT_CODES)
def test_every_error_with_an_exit_code_exists(name: str) -> None:
    module, _, attribute = name.rpartition(".")
    error = getattr(import_module(module), attribute)
    assert issubclass(error, Exception)
    assert f"{error.__module__}.{error.__qualname__}" == name, "an error is looked up where it is defined"


@pytest.mark.parametrize("group", ["cycles", "export"])
def test_a_group_of_commands_has_no_options_of_its_own(treadmill: Runs, group: str) -> None:
    code, out, err = treadmill(group, "--help")
    assert (code, "completion" in out + err) == (0, False)


@pytest.mark.parametrize("command", [["settings"], ["export", "tickets"]])
def test_a_choice_that_does_not_exist_is_answered_with_those_that_do(treadmill: Runs, command: list[str]) -> None:
    code, _, err = treadmill(*command, "--format", "yaml")

    assert (code, "for '--format': 'yaml' is not one of" in err) == (2, True)


@pytest.mark.usefixtures("no_store")
@pytest.mark.parametrize("command", ["check", "migrate", "sync", "run"])
def test_rules_with_faults_stop_every_command_that_reads_settings(
    treadmill: Runs, tmp_path: Path, command: str
) -> None:
    (tmp_path / "rules.toml").write_text('version = "1"\n[[rule]]\nname = "x"\n')
    code, _, err = treadmill(command, RULES_FILE=str(tmp_path / "rules.toml"))
    assert (code, "rules.toml" in err) == (2, True)
    assert not (tmp_path / "treadmill.db").exists()
