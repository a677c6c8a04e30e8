"""The API says what its description says, and the same as the pages."""

import csv
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from jsonschema_rs import validator_for
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode

from config.settings import Settings
from service.pipeline.analyst import Analyst
from service.report.document import report
from service.store import schema
from service.store.database import Database
from service.store.queries.metric_filters import FILTERS
from service.store.queries.scopes import Scope
from service.web.api import description
from service.web.api.models.report import Report
from tests.factory import ticket
from tests.service.pipeline.world import World
from tests.service.web import examples
from tests.service.web.browser import Browser
from tests.service.web.shown import Shown

pytestmark = pytest.mark.xdist_group("page")
Opened = Callable[..., FastAPI]
COUNTED = {
    "reactive_share", "failure_demand_share", "repeat_share", "pingpong_rate_strict", "pingpong_rate_loose",
    "one_touch_rate", "stall_rate", "problem_link_rate", "change_failure_rate", "misfiled_share", "after_hours_share",
}  # fmt: skip


def test_cycles_families_tickets_and_runs_are_told_as_the_pages_show_them(page: Shown) -> None:
    name = page.cycle()
    response = httpx.get(f"{page.url}/api/v1/cycles/{name}", timeout=60).json()
    shown = httpx.get(f"{page.url}/cycles/{name}", timeout=60).text
    assert response["family"]["id"] == response["cycle"]["id"] == name
    assert all(who["person"][:16] in shown for who in response["resolvers"])
    assert all(ticket["key"] in shown for ticket in response["tickets"])
    assert len(response["tickets"]) == min(200, response["family"]["tickets"])
    key = response["tickets"][0]["key"]
    result = httpx.get(f"{page.url}/api/v1/tickets/{key}", timeout=60).json()
    assert name in "".join(result["lines"])
    family_tickets = httpx.get(f"{page.url}/api/v1/tickets?cycle={name}", timeout=60).json()
    assert (family_tickets["count"], family_tickets["about"]) == (response["family"]["tickets"], None)
    by_id = httpx.get(f"{page.url}/api/v1/tickets?ids={response['tickets'][0]['id']}", timeout=60).json()
    assert [ticket["key"] for ticket in by_id["tickets"]] == [key]


def test_the_overview_tells_what_the_first_page_shows(page: Shown) -> None:
    response = httpx.get(f"{page.url}/api/v1/overview", timeout=60).json()
    shown = httpx.get(f"{page.url}/", timeout=60).text
    assert f"{response['paid_again']['value']:,.0f}" in shown
    assert re.search(rf">{response['endless']}</a> of <a [^>]+>{response['cycles']}</a>", shown)
    assert response["timelines"].keys() == {cycle["id"] for cycle in response["costliest"]}
    assert len(response["series"]["weeks"]) == 26


@pytest.mark.parametrize("day", ["0.0", "86400", "2026-02-30", "2026-3-1", "yesterday", ""])
def test_what_is_no_day_is_refused(app_of: Opened, day: str) -> None:
    assert Browser(app_of()).get(f"/api/v1/tickets?from={day}").status_code == 422


def test_a_number_too_large_for_the_store_is_no_error_of_ours(app_of: Opened) -> None:
    browser = Browser(app_of())
    assert browser.get(f"/api/v1/sources/runs/{10**20}").status_code == 422
    assert browser.get(f"/sources/runs/{10**20}").status_code == 404


@pytest.mark.parametrize(
    "mode", [GenerationMode.POSITIVE, pytest.param(GenerationMode.NEGATIVE, marks=pytest.mark.slow)]
)
def test_no_answer_breaks_its_description(page: Shown, mode: GenerationMode) -> None:
    """Odd requests: none is answered with an error of ours, or with what was not described."""
    schema = schemathesis.openapi.from_url(f"{page.url}/api/v1/openapi.json")
    query: set[str] = set()
    for operation in (
        get_all_operation.ok() for get_all_operation in schema.get_all_operations() if isinstance(get_all_operation, Ok)
    ):

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=20, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
        )
        def hold(case: Any) -> None:
            case.call_and_validate(timeout=60)
            query.add(case.operation.label)

        with suppress(Unsatisfiable):  # where nothing can be asked that is wrong
            hold()
    assert len(query) > (10 if mode is GenerationMode.POSITIVE else 5)


def operations(app: FastAPI) -> dict[str, dict[str, Any]]:
    """What every path says of its only question, below `/api/v1`."""
    paths = app.openapi()["paths"]
    assert all(list(methods) == ["get"] for methods in paths.values())
    return {path.removeprefix("/api/v1"): methods["get"] for path, methods in paths.items()}


def test_every_question_is_described_with_who_may_ask_and_what_can_go_wrong(app_of: Opened) -> None:
    nothing: dict[str, list[str]] = {}
    for app, needs in ((app_of(), [nothing]), (app_of(password="p" * 12), [])):
        assert len(operations(app)) > 16
        for query in operations(app).values():
            assert query["summary"]
            assert query["security"] == [{"token": []}, {"session": []}, *needs]
            assert {"304", "401", "403", "404", "422", "429"} <= query["responses"].keys()
            assert "ETag" in query["responses"]["200"]["headers"]
            entries = [query["responses"][status]["content"] for status in ("401", "403", "404", "422", "429")]
            assert {item["application/json"]["schema"]["$ref"] for item in entries} == {"#/components/schemas/Problem"}


def test_the_proxy_that_lets_in_is_described(app_of: Opened) -> None:
    schemes = app_of(auth="proxy", proxies=["10.0.0.1"], proxy_header="X-User").openapi()["components"][
        "securitySchemes"
    ]
    assert schemes["proxy"]["name"] == "X-User"
    assert "session" not in schemes


def test_every_number_says_what_it_is_and_in_which_unit(app_of: Opened) -> None:
    schemas = app_of().openapi()["components"]["schemas"]
    silent = {
        f"{name}.{field}" for name, result in schemas.items() for field, message in result.get("properties", {}).items()
        if {"number", "integer"} & {part.get("type") for part in (message, *message.get("anyOf", ()))}
        and not message.get("description")
    }  # fmt: skip
    assert silent == set()


def test_every_parameter_and_answer_has_an_example_that_is_what_its_schema_says(app_of: Opened) -> None:
    app = app_of()
    document = app.openapi()
    for path, query in operations(app).items():
        assert path in description.examples()
        for parameter in query.get("parameters", ()):
            message = parameter["schema"]
            for example in message["examples"]:
                validator_for(message | {"components": document["components"]}).validate(example)
        for type_, content in query["responses"]["200"]["content"].items():
            if type_ != "application/vnd.apache.parquet":
                validator_for(content["schema"] | {"components": document["components"]}).validate(content["example"])


def test_the_examples_are_of_the_simulated_company(page: Shown) -> None:
    document = httpx.get(f"{page.url}/api/v1/openapi.json", timeout=60).json()
    for path, methods in document["paths"].items():
        parameters = methods["get"].get("parameters", [])
        message: dict[str, dict[str, Any]] = {"path": {}, "query": {}}
        for parameter_case in parameters:
            message[parameter_case["in"]][parameter_case["name"]] = parameter_case["schema"]["examples"][0]
        for name, value in [("scope", "all"), *message["query"].items()]:
            answer = httpx.get(f"{page.url}{path.format(**message['path'])}", params={name: value}, timeout=60)
            assert answer.status_code == 200, answer.url
    now = {path: examples.asked(page.url, question) for path, question in examples.questions(page.url).items()}
    for path in ("/metrics/{metric}", "/definitions", "/scopes", "/loops", "/groups"):
        assert description.examples()[path][examples.JSON] == now[path]
    assert {path: shape(answer) for path, answer in now.items()} == {
        path: shape(message[examples.JSON])
        for path, message in description.examples().items()
        if path != examples.EXPORT
    }


def shape(answer: Any) -> Any:
    """The names of an answer."""
    return sorted(answer) if isinstance(answer, dict) else None


@pytest.mark.parametrize("scope", [Scope(), Scope("team", "Network"), Scope("source", "jira")])
def test_the_report_is_what_its_model_says_and_the_api_sends_it_as_it_is(page: Shown, scope: Scope) -> None:
    snapshot = page.analyst.stored_snapshot(scope)
    assert snapshot is not None
    document = orjson.loads(orjson.dumps(report(snapshot)))
    result = Report.model_validate(document)
    assert set(document) == {outcome.alias or name for name, outcome in Report.model_fields.items()}
    assert result.verdict.state == document["verdict"]["state"]
    assert httpx.get(f"{page.url}/api/v1/report?scope={scope}", timeout=60).json() == document


def test_an_inconclusive_report_is_what_its_model_says(tmp_path: Path) -> None:
    empty = Database(f"sqlite:///{tmp_path}/empty.db")
    schema.upgrade(empty)
    world = World(empty)
    world.analyse()
    snapshot = Analyst(empty, Settings()).stored_snapshot(Scope())
    assert snapshot is not None
    result = Report.model_validate(orjson.loads(orjson.dumps(report(snapshot))))
    empty.dispose()
    assert result.verdict.state == "inconclusive"


def test_an_answer_that_is_known_is_not_sent_again(app_of: Opened) -> None:
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


def test_who_sends_wrong_tokens_has_to_wait_and_nobody_else(app_of: Opened) -> None:
    app = app_of(password="p" * 12, token="t" * 16)
    stranger, program = Browser(app, address="192.0.2.1"), Browser(app, address="192.0.2.2")
    answers = [stranger.get("/api/v1/verdict", authorization="Bearer wrong") for _ in range(9)]
    assert [answer_case.status_code for answer_case in answers] == [401] * 7 + [429] * 2
    assert 0 < int(answers[-1].headers["retry-after"]) <= 900
    assert stranger.get("/api/v1/verdict", authorization=f"Bearer {'t' * 16}").status_code == 429
    assert program.get("/api/v1/verdict", authorization=f"Bearer {'t' * 16}").status_code == 200
    assert stranger.post("/login", {"password": "p" * 12}).status_code == 303


@pytest.mark.parametrize("metric", sorted(FILTERS.keys() & COUNTED))
def test_the_tickets_behind_a_share_are_those_that_it_counts(page: Shown, metric: str) -> None:
    message = {
        metric_case["id"]: metric_case
        for metric_case in httpx.get(f"{page.url}/api/v1/metrics", timeout=60).json()["metrics"]
    }[metric]
    assert len(tickets(page, metric)) == pytest.approx(message["value"] * message["n"])


@pytest.mark.parametrize("metric", ["opened", "resolved", "backlog", "major_incidents"])
def test_the_tickets_behind_a_number_are_as_many(page: Shown, metric: str) -> None:
    message = {
        metric_case["id"]: metric_case
        for metric_case in httpx.get(f"{page.url}/api/v1/metrics", timeout=60).json()["metrics"]
    }[metric]
    assert len(tickets(page, metric)) == message["value"]


@pytest.mark.parametrize("metric", ["repeat_hours_share", "endless_hours_share", "recurrence_gap", "reopen_rate"])
@pytest.mark.parametrize("scope", ["all", "team:Network", "source:jira"])
def test_a_list_tells_how_many_tickets_it_has(page: Shown, metric: str, scope: str) -> None:
    result = tickets(page, f"{metric}&scope={scope}")
    response = httpx.get(f"{page.url}/api/v1/tickets?about={metric}&scope={scope}&limit=1", timeout=60).json()
    assert response["count"] == len(result) < 1000


def tickets(page: Shown, metric: str) -> set[tuple[str, str]]:
    """All tickets of a metric, page by page."""
    result: set[tuple[str, str]] = set()
    after = ""
    while True:
        answer = httpx.get(f"{page.url}/api/v1/tickets?about={metric}&limit=200{after}", timeout=60).json()
        page_tickets = {(ticket_case["source"], ticket_case["id"]) for ticket_case in answer["tickets"]}
        assert not page_tickets & result
        result |= page_tickets
        if answer["next"] is None:
            return result
        after = f"&after={answer['next']}"


def test_csv_of_a_trend_and_of_cycles_tell_what_the_api_tells(page: Shown) -> None:
    series = httpx.get(f"{page.url}/api/v1/metrics/backlog?grain=month", timeout=60).json()["points"]
    rows = list(
        csv.DictReader(StringIO(httpx.get(f"{page.url}/trends.csv?metric=backlog&grain=month", timeout=60).text))
    )
    assert [float(row["value"]) for row in rows] == [point["value"] for point in series]
    cycles = list(csv.DictReader(StringIO(httpx.get(f"{page.url}/api/v1/export/cycles.csv", timeout=60).text)))
    assert len(cycles) == httpx.get(f"{page.url}/api/v1/cycles", timeout=60).json()["total"]


def test_parquet_is_read_back(page: Shown, tmp_path_factory: pytest.TempPathFactory) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    file = tmp_path_factory.mktemp("parquet") / "tickets.parquet"
    file.write_bytes(httpx.get(f"{page.url}/api/v1/export/tickets.parquet?scope=team:Network", timeout=60).content)
    assert set(parquet.read_table(file)["team"].to_pylist()) == {"Network"}
