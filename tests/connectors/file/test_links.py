"""Links in the form of Jira's interface, as a dump of its answers holds them."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.file.survey import settings_of, survey
from tests.connectors.file.harness import pull, write

DUPLICATE = {"name": "Duplicate", "inward": "is duplicated by", "outward": "duplicates"}
CAUSE = {"name": "Problem/Incident", "inward": "is caused by", "outward": "causes"}
NO_KEY = "links 3.5 is not a whole number of at most 64 bits: write it in quotes"
COLUMNS = {"key": "id", "fields.created": "opened_at", "fields.issuelinks": "links"}
RELATES = {"name": "Relates", "inward": "relates to", "outward": "relates to"}


def linked(key: str, kind: str = "Bug") -> dict[str, Any]:
    return {"id": "10077", "key": key, "fields": {"issuetype": {"name": kind}}}


def issue(number: int, *links: Any) -> dict[str, Any]:
    fields = {
        "summary": f"Mail does not arrive {number}",
        "issuetype": {"name": "Incident"},
        "status": {"name": "Closed"},
        "created": f"2026-03-0{number}T08:00:00.000+0100",
        "issuelinks": list(links),
    }
    return {"id": str(10000 + number), "key": f"HELP-{number}", "fields": fields}


def write_dump(path: Path, *links: Any) -> Path:
    return write(path, orjson.dumps({"issues": [issue(1, *links), issue(2), issue(3)]}).decode())


@pytest.mark.parametrize(
    ("link", "relation"),
    [
        ({"type": DUPLICATE, "outwardIssue": linked("HELP-2")}, "duplicate_of"),
        ({"type": DUPLICATE, "inwardIssue": linked("HELP-2")}, "duplicated_by"),
        ({"type": CAUSE, "inwardIssue": linked("HELP-2")}, "problem"),
        ({"type": CAUSE, "outwardIssue": linked("HELP-2")}, "causes"),
        ({"type": RELATES, "inwardIssue": linked("HELP-2", "Problem")}, "problem"),
        ({"type": RELATES, "inwardIssue": {"key": "HELP-2"}}, "related"),
        ({"type": {}, "inwardIssue": {"key": "HELP-2"}}, "related"),
        ({"relation": "causes", "target": "HELP-2"}, "causes"),
    ],
)
def test_links_of_a_dump_are_read_with_the_settings_proposed(tmp_path: Path, link: object, relation: str) -> None:
    path = write_dump(tmp_path / "dump.json", link)
    (source,) = survey([path]).sources
    settings = settings_of(source.variables)
    pulled = pull(path, columns=settings.columns)
    links = {uid: [(made.relation, made.target) for made in ticket.links] for uid, ticket in pulled.tickets.items()}

    assert settings.columns["fields.issuelinks"] == "links"
    assert links == {"HELP-1": [(relation, "HELP-2")], "HELP-2": [], "HELP-3": []}
    assert not pulled.left_out


@pytest.mark.parametrize(
    ("link", "left_out"),
    [
        ({"type": DUPLICATE}, []),
        ({"type": DUPLICATE, "outwardIssue": {"self": "x"}}, ["links have an entry without target"]),
        ({"type": {"name": ["x"], "outward": {}}, "outwardIssue": {"key": 3.5}}, [NO_KEY]),
    ],
)
def test_link_that_cannot_be_read_costs_itself(tmp_path: Path, link: object, left_out: list[str]) -> None:
    good = {"type": RELATES, "outwardIssue": linked("HELP-3")}
    pulled = pull(write_dump(tmp_path / "dump.json", link, good), columns=COLUMNS)

    assert [made.target for made in pulled.tickets["HELP-1"].links] == ["HELP-3"]
    assert [text.partition(" in 1 ticket")[0].removeprefix("left out: ") for text in pulled.left_out] == left_out
