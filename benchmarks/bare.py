"""Bare walks of the bench's endpoints: httpx and orjson, data parsed and thrown away.

No client with these libraries is faster on this machine, so a walk is the measure for one that also maps, checks and
stores. python -m benchmarks.bare SYSTEM PORT prints tickets and seconds.
"""

import asyncio
import sys
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, TypeVar

import httpx
import orjson

T = TypeVar("T")
AT_A_TIME = 4
JIRA_FIELDS = (
    "summary,description,issuetype,status,resolution,priority,created,updated,resolutiondate,reporter,assignee,"
    "project,components,labels,issuelinks,parent,subtasks,timespent,worklog"
)
JIRA_HISTORY = ["status", "assignee", "priority", "issuetype"]
PAGE, SNOW_PAGE, DOCUMENTS, BULK = 100, 1000, 100, 500
SINCE = 946684800000


async def jira_dc(base: str) -> int:
    async with httpx.AsyncClient(headers={"Authorization": "Bearer replay-pat"}, timeout=60) as client:

        async def page(start: int) -> dict[str, Any]:
            return await _get(client, f"{base}/jira-dc/rest/api/2/search", {
                "jql": f"updated >= {SINCE} ORDER BY updated ASC, key ASC", "startAt": start, "maxResults": PAGE,
                "fields": JIRA_FIELDS, "expand": "changelog",
            })  # fmt: skip

        # The first page says how many there are, and the others are fetched side by side by offset. A real client may
        # not do that: tickets move while it walks.
        first = await page(0)
        rest = await _concurrently([partial(page, start) for start in range(PAGE, first["total"], PAGE)])
        return sum(len(answer["issues"]) for answer in (first, *rest))


async def jira_cloud(base: str) -> int:
    auth = httpx.BasicAuth("ops@example.com", "replay-token")
    async with httpx.AsyncClient(auth=auth, timeout=60) as client:
        body: dict[str, Any] = {
            "jql": f"updated >= {SINCE} ORDER BY updated ASC, key ASC",
            "maxResults": PAGE,
            "fields": JIRA_FIELDS.split(","),
        }
        waiting: list[str] = []
        histories: list[asyncio.Task[None]] = []
        tickets = 0
        while True:
            data = await _post(client, f"{base}/jira-cloud/rest/api/3/search/jql", body)
            waiting += [issue["id"] for issue in data["issues"]]
            tickets += len(data["issues"])
            token = data.get("nextPageToken")
            # Histories are fetched beside the walk, in batches that are full: each request has a price of its own.
            if waiting and (len(waiting) >= BULK or not token):
                histories.append(asyncio.create_task(_bulk(client, base, waiting)))
                waiting = []
            if not token:
                break
            body = body | {"nextPageToken": token}
        await asyncio.gather(*histories)
        return tickets


async def _bulk(client: httpx.AsyncClient, base: str, ids: list[str]) -> None:
    body: dict[str, Any] = {"issueIdsOrKeys": ids, "fieldIds": JIRA_HISTORY, "maxResults": 10000}
    while True:
        data = await _post(client, f"{base}/jira-cloud/rest/api/3/changelog/bulkfetch", body)
        if not data.get("nextPageToken"):
            return
        body = body | {"nextPageToken": data["nextPageToken"]}


async def servicenow(base: str) -> int:
    async with httpx.AsyncClient(auth=httpx.BasicAuth("replay", "replay"), timeout=60) as client:
        tables = [await _table(client, base, table) for table in ("incident", "problem", "change_request")]
        return sum(tables)


async def _table(client: httpx.AsyncClient, base: str, table: str) -> int:
    async def rows(offset: int) -> list[dict[str, str]]:
        answer = await _get(client, f"{base}/servicenow/api/now/table/{table}", {
            "sysparm_query": "sys_updated_on>=2000-01-01 00:00:00^ORDERBYsys_updated_on^ORDERBYsys_id",
            "sysparm_limit": SNOW_PAGE, "sysparm_offset": offset, "sysparm_exclude_reference_link": "true",
        })  # fmt: skip
        return list(answer["result"])

    async def audit(ids: list[str]) -> int:
        answer = await _get(client, f"{base}/servicenow/api/now/table/sys_audit", {
            "sysparm_query": f"tablename={table}^documentkeyIN{','.join(ids)}^ORDERBYsys_created_on^ORDERBYsys_id",
            "sysparm_limit": 10000, "sysparm_exclude_reference_link": "true",
        })  # fmt: skip
        return len(answer["result"])

    tickets = offset = 0
    while page := await rows(offset):
        ids = [row["sys_id"] for row in page]
        await _concurrently([partial(audit, ids[at : at + DOCUMENTS]) for at in range(0, len(ids), DOCUMENTS)])
        tickets += len(page)
        offset += SNOW_PAGE
    return tickets


async def _concurrently(work: list[Callable[[], Coroutine[Any, Any, T]]]) -> list[T]:
    slots = asyncio.Semaphore(AT_A_TIME)

    async def run(make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        async with slots:
            return await make()

    return await asyncio.gather(*map(run, work))


async def _get(client: httpx.AsyncClient, url: str, params: dict[str, Any]) -> dict[str, Any]:
    response = (await client.get(url, params=params)).raise_for_status()
    answer: dict[str, Any] = orjson.loads(response.content)
    return answer


async def _post(client: httpx.AsyncClient, url: str, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"}
    response = (await client.post(url, content=orjson.dumps(body), headers=headers)).raise_for_status()
    answer: dict[str, Any] = orjson.loads(response.content)
    return answer


WALKS = {"jira-cloud": jira_cloud, "jira-dc": jira_dc, "servicenow": servicenow}

if __name__ == "__main__":
    begun = time.perf_counter()
    tickets = asyncio.run(WALKS[sys.argv[1]](f"http://127.0.0.1:{sys.argv[2]}"))
    print(tickets, time.perf_counter() - begun)
