"""Writes the examples of the API's description anew, from the simulated company.

python -m tests.service.web.examples
"""

import tempfile
from pathlib import Path
from typing import Any

import httpx
import orjson

import service.web.api
from tests.service.web.shown import shown

FILE = Path(service.web.api.__file__).with_name("examples.json")
SHOWN = 2
"""So many of each list and table stand for the rest."""
EXPORT = "/export/{what}.{form}"
JSON = "application/json"
TABLES = ("metrics", "lines", "timelines", "scopes")
TYPES = {"application/x-ndjson": "jsonl", "text/csv": "csv"}


def questions(page: str) -> dict[str, str]:
    """What is asked for each path: a name that the company has, where the path has one in it."""
    cycle = _json(page, "/cycles?source=servicenow")["cycles"][0]["id"]
    ticket = _json(page, f"/tickets?cycle={cycle}&limit=1")["tickets"][0]
    return {
        "/report": "/report", "/overview": "/overview", "/verdict": "/verdict?scope=team:Network", "/loops": "/loops",
        "/groups": "/groups", "/metrics": "/metrics", "/metrics/{metric}": "/metrics/backlog?grain=month",
        "/definitions": "/definitions", "/cycles": "/cycles?state=endless", "/cycles/{name}": f"/cycles/{cycle}",
        "/tickets": "/tickets?about=reopen_rate&limit=2", "/tickets/{name}": f"/tickets/{ticket['key']}",
        "/review": "/review?list=contradiction&limit=2", "/sources": "/sources",
        "/sources/runs/{number}": "/sources/runs/1", "/scopes": "/scopes",
    }  # fmt: skip


def asked(page: str, question: str) -> Any:
    """What the page answers, cut."""
    return short(_json(page, question))


def short(value: Any) -> Any:
    """An answer with its lists and tables cut."""
    if isinstance(value, list):
        return [short(item) for item in value[:SHOWN]]
    if isinstance(value, dict):
        return {name: short(_cut(inner) if name in TABLES else inner) for name, inner in value.items()}
    return value


def _cut(value: Any) -> Any:
    return dict(list(value.items())[:SHOWN]) if isinstance(value, dict) else value


def _json(page: str, path: str) -> Any:
    answer = httpx.get(f"{page}/api/v1{path}", timeout=60)
    answer.raise_for_status()
    return answer.json()


def _lines(page: str, form: str) -> str:
    text = httpx.get(f"{page}/api/v1/export/metrics.{form}?grain=month", timeout=60).text
    return "".join(text.splitlines(keepends=True)[: SHOWN + (form == "csv")])


def main() -> None:
    """Asks the page of the demo and writes what it answers."""
    with tempfile.TemporaryDirectory() as directory, shown(Path(directory)) as page:
        by_key = {path: {JSON: asked(page.url, question)} for path, question in questions(page.url).items()}
        by_key[EXPORT] = {type_: _lines(page.url, form) for type_, form in TYPES.items()}
    FILE.write_bytes(orjson.dumps(by_key, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


if __name__ == "__main__":
    main()
