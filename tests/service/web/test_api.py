"""The API says what its description says, and the same as the pages."""

import csv
from collections.abc import Callable
from contextlib import suppress
from io import StringIO
from typing import Any

import httpx
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode

from tests.service.web.browser import Browser
from tests.service.web.shown import Shown
from treadmill.service.store.about import ABOUT

pytestmark = pytest.mark.xdist_group("page")
Opened = Callable[..., FastAPI]
COUNTED = {
    "reactive_share", "failure_demand_share", "repeat_share", "pingpong_rate_strict", "pingpong_rate_loose",
    "one_touch_rate", "stall_rate", "problem_link_rate", "change_failure_rate", "misfiled_share", "after_hours_share",
}  # fmt: skip


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_no_answer_breaks_its_description(page: Shown, mode: GenerationMode) -> None:
    """Odd requests: none is answered with an error of ours, or with what was not described."""
    schema = schemathesis.openapi.from_url(f"{page.url}/api/v1/openapi.json")
    asked: set[str] = set()
    for operation in (found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)):

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=20, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
        )
        def hold(case: Any) -> None:
            case.call_and_validate(timeout=60)
            asked.add(case.operation.label)

        with suppress(Unsatisfiable):  # where nothing can be asked that is wrong
            hold()
    assert len(asked) > (10 if mode is GenerationMode.POSITIVE else 5)


def test_every_question_is_described(app_of: Opened) -> None:
    paths = app_of().openapi()["paths"]
    assert len(paths) > 12
    for path, methods in paths.items():
        assert path.startswith("/api/v1/")
        assert list(methods) == ["get"]
        assert methods["get"]["summary"]


def test_an_answer_that_is_known_is_not_sent_again(app_of: Opened) -> None:
    browser = Browser(app_of())
    first = browser.get("/api/v1/metrics")
    again = browser.get("/api/v1/metrics", if_none_match=f'"other", {first.headers["etag"]}')
    assert (again.status_code, again.content) == (304, b"")
    assert browser.get("/api/v1/metrics?scope=team:Desk", if_none_match=first.headers["etag"]).status_code == 200


@pytest.mark.parametrize("metric", sorted(ABOUT.keys() & COUNTED))
def test_the_tickets_behind_a_share_are_those_that_it_counts(page: Shown, metric: str) -> None:
    told = {one["id"]: one for one in httpx.get(f"{page.url}/api/v1/metrics", timeout=60).json()["metrics"]}[metric]
    assert len(tickets(page, metric)) == pytest.approx(told["value"] * told["n"])


@pytest.mark.parametrize("metric", ["opened", "resolved", "backlog", "major_incidents"])
def test_the_tickets_behind_a_number_are_as_many(page: Shown, metric: str) -> None:
    told = {one["id"]: one for one in httpx.get(f"{page.url}/api/v1/metrics", timeout=60).json()["metrics"]}[metric]
    assert len(tickets(page, metric)) == told["value"]


def tickets(page: Shown, metric: str) -> set[tuple[str, str]]:
    """All tickets of a metric, page by page."""
    found: set[tuple[str, str]] = set()
    after = ""
    while True:
        answer = httpx.get(f"{page.url}/api/v1/tickets?about={metric}&limit=200{after}", timeout=60).json()
        fresh = {(one["source"], one["id"]) for one in answer["tickets"]}
        assert not fresh & found
        found |= fresh
        if answer["next"] is None:
            return found
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
