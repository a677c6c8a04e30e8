"""The API answers as its description says, and with the numbers of the pages."""

import csv
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import dates
from jsonschema_rs import validator_for

from config.settings import Settings
from service.analysis.formatting import NO_BREAK_SPACE, percent
from service.analysis.money import MoneyRange, rough_money
from service.analysis.weeks import EARLIEST, LATEST
from service.pipeline.analyst import Analyst
from service.report.document import report
from service.report.sections.report import Report
from service.report.serialization import from_json, to_json
from service.store import schema
from service.store.database import Database
from service.store.queries.metric_filters import FILTERS
from service.store.queries.scopes import Scope
from service.web.api import description
from service.web.api.answering import ERRORS
from tests.factory import ticket
from tests.service.pipeline.world import World
from tests.service.web import examples
from tests.service.web.browser import Browser
from tests.service.web.shown import Shown, get

Opened = Callable[..., FastAPI]
COUNTED = {
    "reactive_share", "failure_demand_share", "repeat_share", "pingpong_rate_strict", "pingpong_rate_loose",
    "one_touch_rate", "stall_rate", "problem_link_rate", "change_failure_rate", "misfiled_share", "after_hours_share",
}  # fmt: skip


def test_errors_are_listed_by_status() -> None:
    assert list(ERRORS) == sorted(ERRORS, key=int)


def test_a_cycle_and_its_tickets_are_those_of_the_page(page: Shown) -> None:
    name = page.cycle()
    details = get(f"{page.url}/api/v1/cycles/{name}").json()
    shown = get(f"{page.url}/cycles/{name}").text
    assert details["family"]["id"] == details["cycle"]["id"] == name
    assert all(resolver["person"][:16] in shown for resolver in details["resolvers"])
    assert all(ticket["key"] in shown for ticket in details["tickets"])
    assert len(details["tickets"]) == min(200, details["family"]["tickets"])
    key = details["tickets"][0]["key"]
    explanation = get(f"{page.url}/api/v1/tickets/{key}").json()
    assert name in "".join(explanation["lines"])
    family_tickets = get(f"{page.url}/api/v1/tickets?cycle={name}").json()
    assert (family_tickets["count"], family_tickets["about"]) == (details["family"]["tickets"], None)
    by_id = get(f"{page.url}/api/v1/tickets?ids={details['tickets'][0]['id']}").json()
    assert [ticket["key"] for ticket in by_id["tickets"]] == [key]


def test_the_overview_has_the_numbers_of_the_first_page(page: Shown) -> None:
    overview = get(f"{page.url}/api/v1/overview").json()
    shown = get(f"{page.url}/").text.replace(NO_BREAK_SPACE, " ")
    assert rough_money(MoneyRange(**overview["paid_again"])) in shown
    assert f">{overview['endless']} of {overview['cycles']}</a>" in shown
    assert f">{overview['repeats']} of {overview['failures']} failures</a>" in shown
    before = overview["before"]
    assert f", after {percent(before['repeats'] / before['failures'])} in".replace(NO_BREAK_SPACE, " ") in shown
    assert rough_money(MoneyRange(**before["paid_again"])) in shown
    assert overview["next_steps"].keys() == {cycle["id"] for cycle in overview["costliest"]}
    assert list(overview["timelines"]) == [cycle["id"] for cycle in overview["costliest"]]
    assert len(overview["series"]["weeks"]) == 26


@pytest.mark.parametrize("day", ["0.0", "86400", "2026-02-30", "2026-3-1", "yesterday", ""])
def test_an_invalid_day_is_refused(app_of: Opened, day: str) -> None:
    assert Browser(app_of()).get(f"/api/v1/tickets?from={day}").status_code == 422


def test_a_number_too_large_for_the_store_is_refused(app_of: Opened) -> None:
    browser = Browser(app_of())
    assert browser.get(f"/api/v1/sources/runs/{10**20}").status_code == 422
    assert browser.get(f"/sources/runs/{10**20}").status_code == 404


def _keep_unwritten_rules(case: Any) -> None:
    # No schema can say that one parameter lies before another, and none of ours that a text has no NUL.
    for parameters in (case.query, case.path_parameters):
        for name, value in (parameters or {}).items():
            if isinstance(value, str):
                parameters[name] = value.replace("\0", "0")
    begin, end = ((case.query or {}).get(name) for name in ("from", "to"))
    if isinstance(begin, str) and isinstance(end, str):
        case.query["from"], case.query["to"] = sorted((begin, end))


@pytest.mark.parametrize(
    ("mode", "tries"),
    [
        pytest.param("positive", 5, id="positive"),
        pytest.param("positive", 15, id="positive-thorough", marks=pytest.mark.slow),
        pytest.param("negative", 10, id="negative", marks=pytest.mark.slow),
    ],
)
def test_no_answer_breaks_its_description(page: Shown, mode: str, tries: int) -> None:
    """Send odd requests: none may be answered with a server error, or with anything that is not described."""
    # Every worker that collects this module would load it at the top.
    import schemathesis  # noqa: PLC0415
    from schemathesis.core.result import Ok  # noqa: PLC0415
    from schemathesis.generation import GenerationMode  # noqa: PLC0415

    # A schema has no word for the bounds of a day: the tool would send the years 1 and 9999, which are refused.
    schemathesis.openapi.format("date", dates(EARLIEST, LATEST - timedelta(days=1)).map(str))
    schema = schemathesis.openapi.from_url(f"{page.url}/api/v1/openapi.json")
    called: set[str] = set()
    for operation in (outcome.ok() for outcome in schema.get_all_operations() if isinstance(outcome, Ok)):

        @given(case=operation.as_strategy(generation_mode=GenerationMode(mode)))
        @settings(
            max_examples=tries,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        def hold(case: Any) -> None:
            _keep_unwritten_rules(case)
            case.call_and_validate(timeout=180)  # a busy machine is slow, not wrong
            called.add(case.operation.label)

        with suppress(Unsatisfiable):  # some operations take no parameter that could be invalid
            hold()
    assert len(called) > (10 if mode == "positive" else 5)


def operations(app: FastAPI) -> dict[str, dict[str, Any]]:
    """Return the description of the only operation of every path below `/api/v1`."""
    paths = app.openapi()["paths"]
    assert all(list(methods) == ["get"] for methods in paths.values())
    return {path.removeprefix("/api/v1"): methods["get"] for path, methods in paths.items()}


def test_every_operation_is_described_with_its_authentication_and_errors(app_of: Opened) -> None:
    nothing: dict[str, list[str]] = {}
    for app, needs in ((app_of(), [nothing]), (app_of(password="p" * 12), [])):
        assert len(operations(app)) > 16
        for operation in operations(app).values():
            assert operation["summary"]
            assert operation["security"] == [{"token": []}, {"session": []}, *needs]
            assert {"304", "401", "403", "404", "422", "429"} <= operation["responses"].keys()
            assert "ETag" in operation["responses"]["200"]["headers"]
            errors = [operation["responses"][status]["content"] for status in ("401", "403", "404", "422", "429")]
            references = {error["application/json"]["schema"]["$ref"] for error in errors}
            assert references == {"#/components/schemas/ErrorAnswer"}


def test_the_proxy_that_lets_in_is_described(app_of: Opened) -> None:
    schemes = app_of(auth="proxy", proxies=["10.0.0.1"], proxy_header="X-User").openapi()["components"][
        "securitySchemes"
    ]
    assert schemes["proxy"]["name"] == "X-User"
    assert "session" not in schemes


def test_every_number_is_described(app_of: Opened) -> None:
    schemas = app_of().openapi()["components"]["schemas"]
    undescribed = {
        f"{name}.{field}" for name, schema in schemas.items() for field, type_ in schema.get("properties", {}).items()
        if {"number", "integer"} & {part.get("type") for part in (type_, *type_.get("anyOf", ()))}
        and not type_.get("description")
    }  # fmt: skip
    assert undescribed == set()


def test_every_parameter_and_answer_has_a_valid_example(app_of: Opened) -> None:
    app = app_of()
    document = app.openapi()
    for path, operation in operations(app).items():
        assert path in description.examples()
        for parameter in operation.get("parameters", ()):
            for example in parameter["schema"]["examples"]:
                validator_for(parameter["schema"] | {"components": document["components"]}).validate(example)
        for type_, content in operation["responses"]["200"]["content"].items():
            if type_ != "application/vnd.apache.parquet":
                validator_for(content["schema"] | {"components": document["components"]}).validate(content["example"])


def test_the_examples_are_of_the_simulated_company(page: Shown) -> None:
    document = get(f"{page.url}/api/v1/openapi.json").json()
    for path, methods in document["paths"].items():
        parameters = methods["get"].get("parameters", [])
        values: dict[str, dict[str, Any]] = {"path": {}, "query": {}}
        for parameter in parameters:
            values[parameter["in"]][parameter["name"]] = parameter["schema"]["examples"][0]
        for name, value in [("scope", "all"), *values["query"].items()]:
            answer = get(f"{page.url}{path.format(**values['path'])}", params={name: value})
            assert answer.status_code == 200, answer.url
    stored = {
        path: example[examples.JSON] for path, example in description.examples().items() if path != examples.EXPORT
    }
    answers = {path: examples.example(page.url, request) for path, request in examples.requests(page.url).items()}
    for path in ("/metrics/{metric}", "/definitions", "/scopes", "/loops", "/groups"):
        assert stored[path] == answers[path]
    assert {path: names(answer) for path, answer in answers.items()} == {
        path: names(answer) for path, answer in stored.items()
    }


def names(answer: Any) -> list[str] | None:
    """Return the names of the fields of an answer."""
    return sorted(answer) if isinstance(answer, dict) else None


@pytest.mark.parametrize("scope", [Scope(), Scope("team", "Network"), Scope("source", "jira")])
def test_the_api_sends_the_report_as_the_command_writes_it(page: Shown, scope: Scope) -> None:
    snapshot = page.analyst.stored_snapshot(scope)
    assert snapshot is not None
    content = to_json(report(snapshot))
    assert from_json(Report, content).scope == str(scope)
    assert get(f"{page.url}/api/v1/report?scope={scope}").content == content


def test_an_inconclusive_report_is_valid_too(tmp_path: Path) -> None:
    empty = Database(f"sqlite:///{tmp_path}/empty.db")
    schema.upgrade(empty)
    world = World(empty)
    world.analyse()
    snapshot = Analyst(empty, Settings()).stored_snapshot(Scope())
    assert snapshot is not None
    content = to_json(report(snapshot))
    empty.dispose()
    assert from_json(Report, content).verdict.state == "inconclusive"


def test_an_answer_that_the_client_has_is_not_sent_again(app_of: Opened) -> None:
    browser = Browser(app_of())
    paths = [path for path in operations(app_of()) if "{" not in path]
    paths += [
        "/metrics/backlog",
        "/sources/runs/1",
        *(f"/export/cycles.{form}" for form in ("jsonl", "csv", "parquet")),
    ]
    for path in paths:
        first = browser.get(f"/api/v1{path}")
        assert first.status_code == 200, path
        again = browser.get(f"/api/v1{path}", if_none_match=f'"other", W/{first.headers["etag"]}')
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"]), path
    etag = browser.get("/api/v1/metrics").headers["etag"]
    assert browser.get("/api/v1/metrics?scope=team:Desk", if_none_match=etag).status_code == 200


@pytest.mark.parametrize("path", ["/report", "/export/tickets.csv", "/metrics", "/tickets"])
def test_another_analysis_is_another_answer(app_of: Opened, world: World, path: str) -> None:
    browser = Browser(app_of())
    before = browser.get(f"/api/v1{path}").headers["etag"]
    world.write(ticket("odd", kind="incident", title="Scanner", opened_at=world.as_of - timedelta(days=9)))
    world.as_of += timedelta(hours=1)
    world.analyse()
    assert browser.get(f"/api/v1{path}", if_none_match=before).status_code == 200


def test_only_the_sender_of_wrong_tokens_has_to_wait(app_of: Opened) -> None:
    app = app_of(password="p" * 12, token="t" * 16)
    stranger, program = Browser(app, address="192.0.2.1"), Browser(app, address="192.0.2.2")
    answers = [stranger.get("/api/v1/verdict", authorization="Bearer wrong") for _ in range(9)]
    assert [answer.status_code for answer in answers] == [401] * 3 + [429] * 6
    assert 0 < int(answers[-1].headers["retry-after"]) <= 900
    assert stranger.get("/api/v1/verdict", authorization=f"Bearer {'t' * 16}").status_code == 429
    assert program.get("/api/v1/verdict", authorization=f"Bearer {'t' * 16}").status_code == 200
    assert stranger.post("/login", {"password": "p" * 12}).status_code == 303


@pytest.mark.parametrize("metric", sorted(FILTERS.keys() & COUNTED))
def test_the_list_of_a_share_has_the_tickets_that_it_counts(page: Shown, metric: str) -> None:
    row = measured(page, metric)
    assert len(tickets(page, metric)) == pytest.approx(row["value"] * row["n"])


@pytest.mark.parametrize("metric", ["opened", "resolved", "backlog", "major_incidents"])
def test_the_list_of_a_number_is_as_long(page: Shown, metric: str) -> None:
    row = measured(page, metric)
    assert len(tickets(page, metric)) == row["value"]


@pytest.mark.parametrize("metric", ["repeat_hours_share", "endless_share", "recurrence_gap", "reopen_rate"])
@pytest.mark.parametrize("scope", ["all", "team:Network", "source:jira"])
def test_a_list_has_as_many_tickets_as_it_counts(page: Shown, metric: str, scope: str) -> None:
    listed = tickets(page, f"{metric}&scope={scope}")
    answer = get(f"{page.url}/api/v1/tickets?about={metric}&scope={scope}&limit=1").json()
    assert answer["count"] == len(listed) < 1000


def measured(page: Shown, metric: str) -> dict[str, Any]:
    """Return a metric of the report's period."""
    metrics: list[dict[str, Any]] = get(f"{page.url}/api/v1/metrics").json()["metrics"]
    return next(row for row in metrics if row["id"] == metric)


def tickets(page: Shown, metric: str) -> set[tuple[str, str]]:
    """Return all tickets of a metric, read page by page."""
    listed: set[tuple[str, str]] = set()
    after = ""
    while True:
        answer = get(f"{page.url}/api/v1/tickets?about={metric}&limit=200{after}").json()
        on_page = {(row["source"], row["id"]) for row in answer["tickets"]}
        assert not on_page & listed
        listed |= on_page
        if answer["next"] is None:
            return listed
        after = f"&after={answer['next']}"


def test_csv_of_a_trend_and_of_cycles_has_the_numbers_of_the_api(page: Shown) -> None:
    series = get(f"{page.url}/api/v1/metrics/backlog?grain=month").json()["points"]
    rows = list(csv.DictReader(StringIO(get(f"{page.url}/trends.csv?metric=backlog&grain=month").text)))
    assert [float(row["value"]) if row["value"] else None for row in rows] == [point["value"] for point in series]
    cycles = list(csv.DictReader(StringIO(get(f"{page.url}/api/v1/export/cycles.csv").text)))
    assert len(cycles) == get(f"{page.url}/api/v1/cycles").json()["total"]


def test_parquet_is_read_back(page: Shown, tmp_path_factory: pytest.TempPathFactory) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    file = tmp_path_factory.mktemp("parquet") / "tickets.parquet"
    file.write_bytes(get(f"{page.url}/api/v1/export/tickets.parquet?scope=team:Network").content)
    assert set(parquet.read_table(file)["team"].to_pylist()) == {"Network"}
