from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import Any

import httpx
import pytest

from service.demo.company import Company
from service.demo.jira.issue import TEAM_FIELD
from service.demo.jira.server import JiraServer
from service.demo.login import Credentials
from tests.service.demo.asking import ask

API = "/rest/api/3"
ALL = "updated >= 0 ORDER BY updated ASC, key ASC"
LOGIN = Credentials("someone")


class Jira:
    """A server and credentials for it."""

    def __init__(self, company: Company, **settings: Any) -> None:
        self.server = JiraServer(company, LOGIN, **settings)

    def __call__(
        self, path: str, *, login: Credentials | None = LOGIN, body: Any = None, **query: Any
    ) -> httpx.Response:
        return ask(self.server.app, API + path, login=login, body=body, **query)

    def walk(self, path: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        """Return all answers, following the token."""
        answers: list[dict[str, Any]] = []
        token = None
        while token or not answers:
            answer = self(path, body=body | ({"nextPageToken": token} if token else {}))
            assert answer.status_code == 200, answer.text
            answers.append(answer.json())
            token = answers[-1].get("nextPageToken")
        return answers


@pytest.fixture(scope="module")
def jira(company: Company) -> Jira:
    return Jira(company)


@pytest.fixture
def small() -> Company:
    start, minutes = datetime(2026, 4, 1, tzinfo=UTC), count()
    company = Company([], start, clock=lambda: start + timedelta(minutes=next(minutes)))
    for _ in range(7):
        company.create("jira")
    return company


@pytest.mark.parametrize("login", [None, Credentials("someone", "wrong")])
def test_without_credentials_searches_are_empty_and_the_rest_is_refused(jira: Jira, login: Credentials | None) -> None:
    searched = jira("/search/jql", login=login, body={"jql": ALL})
    assert searched.status_code == 200
    assert searched.json()["issues"] == []
    assert searched.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"
    assert jira("/myself", login=login).status_code == 401
    assert jira("/changelog/bulkfetch", login=login, body={"issueIdsOrKeys": ["10001"]}).status_code == 401
    assert jira("/issue/10001/changelog", login=login).status_code == 404
    assert jira("/field", login=login).json() == []
    assert jira("/serverInfo", login=login).json()["deploymentType"] == "Cloud"


def test_tells_who_asks_and_what_there_is(jira: Jira) -> None:
    me = jira("/myself")
    assert me.json()["timeZone"] == "Etc/UTC"
    assert me.headers["X-Seraph-LoginReason"] == "OK"
    assert {field["name"] for field in jira("/field").json() if field["custom"]} == {"Team", "Affected services"}
    assert {status["statusCategory"]["key"] for status in jira("/status").json()} == {"new", "indeterminate", "done"}
    assert jira("/project/search").json()["total"] == 2


def test_a_walk_brings_every_issue_once_in_order(jira: Jira, company: Company) -> None:
    answers = jira.walk("/search/jql", {"jql": ALL, "fields": ["updated"], "maxResults": 5000})
    issues = [issue for answer in answers for issue in answer["issues"]]
    assert [len(answer["issues"]) for answer in answers[:-1]] == [100] * (len(answers) - 1)
    assert len(issues) == len({issue["id"] for issue in issues}) == len(company.records("jira"))
    assert [issue["fields"]["updated"] for issue in issues] == sorted(issue["fields"]["updated"] for issue in issues)
    assert [answer["isLast"] for answer in answers] == [False] * (len(answers) - 1) + [True]


def test_ids_alone_come_by_the_thousand_and_alone(jira: Jira, company: Company) -> None:
    (answer,) = jira.walk("/search/jql", {"jql": ALL, "fields": ["id"], "maxResults": 5000})
    assert answer["issues"] == [
        {"id": record_id} for record_id in sorted(company.records("jira"), key=by_update(company))
    ]
    by_default = jira("/search/jql", body={"jql": ALL}).json()
    assert by_default["issues"] == answer["issues"][:50]


def by_update(company: Company) -> Any:
    records = company.records("jira")
    return lambda record_id: (
        records[record_id].updated_at,
        records[record_id].key.split("-")[0],
        int(records[record_id].key.split("-")[1]),
    )


def test_a_search_can_be_a_get(jira: Jira) -> None:
    result = jira("/search/jql", jql=ALL, fields="summary,status", maxResults=3, startAt=50).json()["issues"]
    assert len(result) == 3
    assert set(result[0]["fields"]) == {"summary", "status"}


@pytest.mark.parametrize(
    "body",
    [
        {"jql": ALL, "startAt": 0}, {"jql": "ORDER BY key"}, {}, [], {"jql": ALL, "maxResults": 0},
        {"jql": ALL, "nextPageToken": "?"},
    ],
)  # fmt: skip
def test_refuses_what_it_does_not_understand(jira: Jira, body: Any) -> None:
    refused = jira("/search/jql", body=body)
    assert refused.status_code == 400
    assert refused.json()["errorMessages"]


def test_a_token_belongs_to_one_query(jira: Jira) -> None:
    token = jira("/search/jql", body={"jql": ALL}).json()["nextPageToken"]
    by_key = {"jql": "updated >= 1 ORDER BY updated ASC, key ASC", "nextPageToken": token}
    assert jira("/search/jql", body=by_key).status_code == 400


def test_the_old_search_is_gone(jira: Jira) -> None:
    for login in (LOGIN, None):
        assert jira("/search", login=login, jql=ALL).status_code == 410


def test_counts(jira: Jira, company: Company) -> None:
    assert jira("/search/approximate-count", body={"jql": "updated >= 0"}).json() == {
        "count": len(company.records("jira"))
    }


def test_an_issue_that_moves_during_a_walk_comes_again(small: Company) -> None:
    jira = Jira(small, page_size=3)
    body = {"jql": ALL, "fields": ["summary"]}
    first = jira("/search/jql", body=body).json()
    small.touch("jira", first["issues"][0]["id"])
    rest = jira.walk("/search/jql", body | {"nextPageToken": first["nextPageToken"]})
    ids = [issue["id"] for answer in [first, *rest] for issue in answer["issues"]]
    assert len(ids) == 8
    assert ids[-1] == ids[0]


def test_histories_come_oldest_first_over_all_issues(jira: Jira, company: Company) -> None:
    expected = [record.id for record in company.records("jira").values() if record.changes][:40]
    answers = jira.walk("/changelog/bulkfetch", {"issueIdsOrKeys": expected, "maxResults": 30})
    created = [
        history["created"]
        for answer in answers
        for log in answer["issueChangeLogs"]
        for history in log["changeHistories"]
    ]
    assert len(answers) > 3
    assert len(created) == sum(len(company.records("jira")[record_id].changes) for record_id in expected)
    pages = [[h["created"] for log in answer["issueChangeLogs"] for h in log["changeHistories"]] for answer in answers]
    assert all(max(before) <= min(after) for before, after in pairwise(pages))


def test_histories_can_be_of_some_fields_only(jira: Jira, company: Company) -> None:
    moved = company.truth()["pingpong_strict"]["jira"][0]
    body = {"issueIdsOrKeys": [moved, "424242"], "fieldIds": [TEAM_FIELD]}
    (log,) = jira("/changelog/bulkfetch", body=body).json()["issueChangeLogs"]
    items = [item for history in log["changeHistories"] for item in history["items"]]
    teams = [change for change in company.records("jira")[moved].changes if change.field == "team"]
    assert [(item["fromString"], item["toString"]) for item in items] == [(team.old, team.new) for team in teams]
    assert {item["fieldId"] for item in items} == {TEAM_FIELD}


def test_one_history_and_worklogs_come_in_pages(jira: Jira, company: Company) -> None:
    record = max(company.records("jira").values(), key=lambda record: len(record.changes))
    page = jira(f"/issue/{record.key}/changelog", startAt=1, maxResults=2).json()
    assert page["total"] == len(record.changes)
    assert [value["id"] for value in page["values"]] == [f"{record.id}0002", f"{record.id}0003"]
    logged = next(record for record in company.records("jira").values() if record.work)
    worklogs = jira(f"/issue/{logged.id}/worklog").json()
    assert sum(log["timeSpentSeconds"] for log in worklogs["worklogs"]) == logged.seconds


def test_issues_are_fetched_by_id_and_by_their_present_key(small: Company) -> None:
    moved, deleted, kept, *_ = small.records("jira")
    small.move(moved, "PLT")
    small.delete("jira", deleted)
    result = Jira(small)(
        "/issue/bulkfetch", body={"issueIdsOrKeys": ["PLT-1", deleted, kept, "APP-1"], "fields": ["summary"]}
    )
    assert [(issue["id"], issue["key"]) for issue in result.json()["issues"]] == [(kept, "APP-3"), (moved, "PLT-1")]


def test_links_show_on_both_sides_until_one_is_gone(small: Company) -> None:
    copied, original, *_ = small.records("jira").values()
    copied.link("duplicate", original)
    jira = Jira(small)

    def links(record_id: str) -> Any:
        response = jira("/issue/bulkfetch", body={"issueIdsOrKeys": [record_id], "fields": ["issuelinks"]}).json()
        return response["issues"][0]["fields"]["issuelinks"]

    (outward,), (inward,) = links(copied.id), links(original.id)
    assert outward["id"] == inward["id"]
    assert outward["outwardIssue"]["key"] == original.key
    assert inward["inwardIssue"]["key"] == copied.key
    small.delete("jira", original.id)
    assert links(copied.id) == []
