"""The whole, against real tickets: nothing lost, nothing double, whatever the systems do."""

import json
import random
from pathlib import Path

import pytest
from sqlalchemy import text

from service.store.database import Database
from service.store.tickets import sources
from tests.marks import postgres_is_slow
from tests.replay.bench import SHARED, Bench, Treadmill, needs_bench
from tests.replay.oracle import assert_agrees, assert_every_ticket_once, stored_lines

pytestmark = [pytest.mark.bench, needs_bench]
# Those of one group do not hide each other: a struck answer is asked for again, and may then be struck by the next.
FAULT_GROUPS = (
    ("rate", "flaky"), ("truncate200", "cookie202", "htmllogin"), ("lag", "moving", "ties"), ("slow", "longhistory"),
)  # fmt: skip
SURVIVABLE = tuple(fault for group in FAULT_GROUPS for fault in group)
SILENT = {"lag", "ties", "longhistory", "cookie202", "moving"}
ST_JOHNS = ("--tz", "America/St_Johns")
# Twenty on both databases.
KILLS = 10


@pytest.fixture
def treadmill(bench: Bench, database_url: str) -> Treadmill:
    return Treadmill(bench, database_url)


@pytest.fixture
def on_sqlite(bench: Bench, tmp_path: Path) -> Treadmill:
    return Treadmill(bench, f"sqlite:///{tmp_path}/treadmill.db")


def histories(database_url: str) -> dict[tuple[str, str], list[tuple[str, ...]]]:
    """Return all transitions by source and ticket, in their order, as (field, old value, new value)."""
    database = Database(database_url)
    result: dict[tuple[str, str], list[tuple[str, ...]]] = {}
    with database.read() as connection:
        rows = connection.execute(
            text(
                "SELECT s.name, t.external_id, x.field, x.old, x.new FROM transition x "
                "JOIN ticket t ON t.id = x.ticket_id JOIN source s ON s.id = t.source_id ORDER BY t.id, x.position"
            )
        )
        for source, id_, *change in rows:
            result.setdefault((source, id_), []).append(tuple(map(str, change)))
    database.dispose()
    return result


def completeness(database_url: str) -> list[tuple[bool | None, list[tuple[str, int | None]]]]:
    """Return for each source whether it is complete, and (cause, tickets) of each gap."""
    database = Database(database_url)
    states = sources.states(database)
    database.dispose()
    return [(state.complete, [(gap.cause, gap.count) for gap in state.gaps]) for state in states]


@postgres_is_slow
def test_every_ticket_arrives_once_and_a_second_sync_writes_nothing(bench: Bench, treadmill: Treadmill) -> None:
    first = treadmill.sync("--no-analysis")
    assert {run["refused"] for run in first.values()} == {0}
    assert_agrees(stored_lines(treadmill.database_url), bench)
    assert completeness(treadmill.database_url) == [(True, []), (True, []), (True, [])]
    second = treadmill.sync("--no-analysis")
    assert {(run["new"], run["changed"]) for run in second.values()} == {(0, 0)}


@pytest.mark.slow
@pytest.mark.parametrize("bench", [ST_JOHNS], indirect=True)
@pytest.mark.parametrize("faults", FAULT_GROUPS, ids="+".join)
def test_faults_cost_time_and_no_ticket(bench: Bench, on_sqlite: Treadmill, faults: tuple[str, ...]) -> None:
    bench.faults(*faults)
    if "slow" in faults:
        on_sqlite.extra = {f"TREADMILL_SOURCES__{name}__TIMEOUT": "4" for name in ("CLOUD", "DC", "SERVICENOW")}
    on_sqlite.sync("--no-analysis")
    assert_agrees(stored_lines(on_sqlite.database_url), bench)
    strikes = bench.strikes()
    assert [fault for fault in faults if fault not in SILENT and not strikes[fault]] == [], "faults never struck"


@pytest.mark.slow
@pytest.mark.parametrize("bench", [ST_JOHNS], indirect=True)
def test_all_faults_together_in_an_odd_time_zone(bench: Bench, on_sqlite: Treadmill) -> None:
    treadmill = on_sqlite
    bench.faults(*SURVIVABLE)
    treadmill.sync()
    assert_agrees(treadmill.export(), bench)
    assert [source["complete"] for source in treadmill.report()["sources"]] == [True, True, True]
    bench.faults()
    treadmill.sync("--no-analysis")
    second = treadmill.sync("--no-analysis")
    assert {(run["new"], run["changed"]) for run in second.values()} == {(0, 0)}


@pytest.mark.slow
@pytest.mark.parametrize("bench", [ST_JOHNS], indirect=True)
def test_kills_lose_nothing_and_double_nothing(bench: Bench, treadmill: Treadmill, pulled: Treadmill) -> None:
    dice = random.Random(7)
    treadmill.extra = pulled.extra
    kills = 0
    while kills < KILLS:
        kills += treadmill.killed(dice.uniform(0.8, 5), *dice.choice(((), ("--full",))))
    treadmill.sync("--no-analysis")
    assert_agrees(stored_lines(treadmill.database_url), bench)
    assert histories(treadmill.database_url) == histories(pulled.database_url)


@pytest.mark.slow
def test_what_the_account_may_not_see_is_reported_as_a_gap(bench: Bench, on_sqlite: Treadmill) -> None:
    treadmill = on_sqlite
    bench.faults("acl")
    runs = treadmill.sync("servicenow", "--no-analysis")
    tables = ("incident", "problem", "change_request")
    hidden = sum(len(bench.truth(system="servicenow", table=table)["hidden"]) for table in tables)
    assert hidden > 0
    visible = sum(len(bench.truth(system="servicenow", table=table)["ids"]) for table in tables) - hidden
    assert runs["servicenow"]["new"] == visible
    assert completeness(treadmill.database_url) == [(False, [("invisible", hidden)])]


def test_a_token_that_repeats_for_ever_ends_the_run_with_an_error(bench: Bench, on_sqlite: Treadmill) -> None:
    bench.faults("tokenloop")
    on_sqlite.extra = {"TREADMILL_SOURCES__SERVICENOW__TABLES": "problem"}
    done = on_sqlite.run("sync", "cloud", "servicenow", "--json")
    assert done.returncode == 3
    runs = {run["source"]: run for run in json.loads(done.stdout)}
    assert (runs["cloud"]["outcome"], runs["servicenow"]["outcome"]) == ("failed", "done")
    assert "token" in runs["cloud"]["reason"]


@pytest.mark.slow
def test_changes_between_syncs_arrive(changing_bench: Bench, tmp_path: Path) -> None:
    database_url = f"sqlite:///{tmp_path}/treadmill.db"
    bench, treadmill = changing_bench, Treadmill(changing_bench, database_url)
    treadmill.sync("--no-analysis")
    bench.faults("lag")
    created = bench.mutate(
        {"op": "update", "system": "jira", "id": "STORM-101", "fields": {"status": "Resolved", "resolution": "Fixed"}},
        {"op": "update", "system": "jira", "id": "STORM-101", "fields": {"status": "Reopened", "resolution": None}},
        {"op": "move", "system": "jira", "id": "STORM-136", "project": "ZOOKEEPER"},
        {"op": "delete", "system": "jira", "id": "STORM-122"},
        *(
            {
                "op": "create",
                "system": "jira",
                "fields": {"project": "STORM", "summary": f"Disk {n}", "issuetype": "Bug"},
            }
            for n in range(6)
        ),
        {
            "op": "update",
            "system": "servicenow",
            "id": "INC0000176",
            "fields": {"state": "2", "assignment_group": "Group 66"},
        },
        {
            "op": "create",
            "system": "servicenow",
            "table": "incident",
            "fields": {"short_description": "Disk", "priority": "2"},
        },
        {"op": "delete", "system": "servicenow", "id": "INC0000268"},
    )
    lagging = [change for change in created if change.get("searchable_after_seconds")]
    assert lagging, "some changes must be late for this test to say anything"
    treadmill.sync("--no-analysis")
    bench.faults()
    treadmill.sync("--no-analysis")
    lines = stored_lines(database_url)
    moved = next(change["key"] for change in created if change["op"] == "move")
    for source in ("cloud", "dc"):
        by_id = {line["id"]: line for line in lines if line["source"] == source}
        assert set(by_id) >= set(bench.truth(system="jira")["ids"])
        by_key = {line["key"]: line for line in by_id.values()}
        assert by_key["STORM-101"]["reopens"] >= 1
        assert moved in by_key
        assert "STORM-136" not in by_key
    incident = next(line for line in lines if line["key"] == "INC0000176")
    assert (incident["status_category"], incident["team"]) == ("active", "Group 66")
    assert treadmill.run("census").returncode == 0
    lines = stored_lines(database_url)
    after = [line for line in lines if line["deleted_at"] is None]
    for source in ("cloud", "dc", "servicenow"):
        assert_every_ticket_once([line for line in after if line["source"] == source], bench, source)
    gone = {line["key"] for line in lines if line["deleted_at"]}
    assert gone == {"STORM-122", "INC0000268"}
    assert [complete for complete, _ in completeness(database_url)] == [True, True, True]


@pytest.mark.parametrize(
    ("code", "changes", "words"),
    [
        (
            1,
            {"CLOUD__TOKEN": "wrong", "SERVICENOW__PASSWORD": "wrong", "DC__URL": "http://127.0.0.1:9/jira"},
            {"cloud": "rejected the credentials", "servicenow": "401", "dc": "connect"},
        ),
        (
            3,
            {"DC__TOKEN": "wrong", "SERVICENOW__TABLES": "incident,incidnt"},
            {"dc": "rejected the credentials", "servicenow": "incidnt"},
        ),
    ],
)
def test_check_tells_what_is_wrong(
    bench: Bench, on_sqlite: Treadmill, code: int, changes: dict[str, str], words: dict[str, str]
) -> None:
    on_sqlite.extra = {f"TREADMILL_SOURCES__{name}": value for name, value in changes.items()}
    done = on_sqlite.run("check")
    assert done.returncode == code
    failed = [line.split(maxsplit=2)[1:] for line in done.stdout.splitlines() if line.startswith("FAILED")]
    reasons = {name.rstrip(":"): reason for name, reason in failed}
    assert reasons.keys() == words.keys()
    assert all(word in reasons[name] for name, word in words.items()), reasons
    assert not any(value in done.stdout + done.stderr for value in ("replay-token", "replay-pat"))


def test_check_names_systems_accounts_and_zones(bench: Bench, on_sqlite: Treadmill) -> None:
    done = on_sqlite.run("check")
    assert done.returncode == 0
    assert done.stdout.count("time zone Europe/Paris") == 2
    assert "as replay, time zone UTC+01:00" in done.stdout
    assert done.stdout.count("945 tickets counted") == 2
    assert "1,984 tickets counted" in done.stdout
    assert not (SHARED / "treadmill.db").exists()
