"""An eighth of the tickets of the replay bench, with all that they refer to and what the oracle counts of them."""

import gzip
import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tests.replay.bench import DATA

EVERY = 8


def write_sample(folder: Path) -> None:
    """Write the data of a bench with every eighth issue and incident."""
    keys = {project.name: _write_issues(project, folder / "jira") for project in sorted(DATA.glob("jira/*.gz"))}
    numbers = _write_servicenow(folder / "servicenow")
    oracle = json.loads((DATA / "oracle.json").read_bytes())
    jira = _only(oracle["jira"], {key for project in keys.values() for key in project})
    servicenow = _only(oracle["servicenow"], numbers)
    jira["issues_per_project"] = {name.removesuffix(".jsonl.gz"): len(project) for name, project in keys.items()}
    jira["issues"] = sum(jira["issues_per_project"].values())
    servicenow["rows"] = oracle["servicenow"]["rows"] | {"incident": len(numbers)}
    (folder / "oracle.json").write_text(json.dumps({"jira": jira, "servicenow": servicenow}))


def _write_issues(project: Path, folder: Path) -> set[str]:
    return {json.loads(line)["key"] for line in _copy(project, folder, list(_lines(project))[::EVERY])}


def _write_servicenow(folder: Path) -> set[str]:
    """Write the incidents with their audit, and all else; return the numbers of the incidents."""
    source = DATA / "servicenow"
    folder.mkdir()
    for name in ("change_request", "cmdb_ci", "problem", "sys_choice", "sys_user", "sys_user_group"):
        shutil.copy(source / f"{name}.jsonl.gz", folder)
    incident = source / "incident.jsonl.gz"
    rows = [json.loads(line) for line in _copy(incident, folder, list(_lines(incident))[::EVERY])]
    ids = {row["sys_id"] for row in rows}
    audit = source / "sys_audit.jsonl.gz"
    _copy(audit, folder, (line for line in _lines(audit) if json.loads(line)["documentkey"] in ids))
    return {row["number"] for row in rows}


def _only(oracle: dict[str, Any], keys: set[str]) -> dict[str, Any]:
    """Return the lists of the oracle, without the tickets that are not in the sample."""
    lists = {name: value for name, value in oracle.items() if isinstance(value, list)}
    return {name: [key for key in value if key in keys] for name, value in lists.items() if isinstance(value[0], str)}


def _lines(file: Path) -> Iterator[bytes]:
    with gzip.open(file) as lines:
        yield from lines


def _copy(file: Path, folder: Path, lines: Iterable[bytes]) -> list[bytes]:
    folder.mkdir(exist_ok=True)
    kept = list(lines)
    with gzip.open(folder / file.name, "wb", compresslevel=1) as out:
        out.writelines(kept)
    return kept
