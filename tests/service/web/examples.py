"""Write the examples in the description of the API, from the simulated company.

python -m tests.service.web.examples
"""

import tempfile
from pathlib import Path
from typing import Any

import orjson

import service.web.api
from tests.service.demo.built import build_demo
from tests.service.web.shown import get, shown

FILE = Path(service.web.api.__file__).with_name("examples.json")
SHOWN = 2
"""The number of items of each list and table that an example shows."""
EXPORT = "/export/{what}.{form}"
JSON = "application/json"
TABLES = ("metrics", "lines", "timelines", "scopes")
TYPES = {"application/x-ndjson": "jsonl", "text/csv": "csv"}


def requests(page: str) -> dict[str, str]:
    """Return a request for each path; a name in it is one that the company has."""
    cycle = _json(page, "/cycles?source=servicenow")["cycles"][0]["id"]
    ticket = _json(page, f"/tickets?cycle={cycle}&limit=1")["tickets"][0]
    return {
        "/report": "/report", "/overview": "/overview", "/verdict": "/verdict?scope=team:Network", "/loops": "/loops",
        "/groups": "/groups", "/metrics": "/metrics", "/metrics/{metric}": "/metrics/backlog?grain=month",
        "/definitions": "/definitions", "/cycles": "/cycles?state=endless", "/cycles/{name}": f"/cycles/{cycle}",
        "/tickets": "/tickets?about=reopen_rate&limit=2", "/tickets/{name}": f"/tickets/{ticket['key']}",
        "/review": "/review?list=contradiction&limit=2", "/pairs": "/pairs?limit=2",
        "/forecasts": "/forecasts", "/sources": "/sources",
        "/sources/runs/{number}": "/sources/runs/1", "/scopes": "/scopes",
    }  # fmt: skip


def example(page: str, request: str) -> Any:
    """Return the answer to a request, shortened."""
    return short(_json(page, request))


def short(value: Any) -> Any:
    """Return an answer with its lists and tables shortened."""
    if isinstance(value, list):
        return [short(item) for item in value[:SHOWN]]
    if isinstance(value, dict):
        return {name: short(_cut(inner) if name in TABLES else inner) for name, inner in value.items()}
    return value


def _cut(value: Any) -> Any:
    return dict(list(value.items())[:SHOWN]) if isinstance(value, dict) else value


def _json(page: str, path: str) -> Any:
    answer = get(f"{page}/api/v1{path}")
    answer.raise_for_status()
    return answer.json()


def _lines(page: str, form: str) -> str:
    text = get(f"{page}/api/v1/export/metrics.{form}?grain=month").text
    return "".join(text.splitlines(keepends=True)[: SHOWN + (form == "csv")])


def main() -> None:
    """Write the answers of the page of the demo as examples."""
    with tempfile.TemporaryDirectory() as folder:
        build_demo(Path(folder))
        with shown(Path(folder)) as page:
            by_path = {path: {JSON: example(page.url, request)} for path, request in requests(page.url).items()}
            by_path[EXPORT] = {type_: _lines(page.url, form) for type_, form in TYPES.items()}
    FILE.write_bytes(orjson.dumps(by_path, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


if __name__ == "__main__":
    main()
