"""One Jira as a run connects to it: its deployment, its account and its REST API."""

import re
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from connectors.base import Context, Usage
from connectors.errors import (
    BrokenAnswer,
    ConnectorError,
    MissingPermission,
    NotFound,
    NotJson,
    Truncated,
    Unavailable,
    WrongCredentials,
    WrongSettings,
)
from connectors.http import HttpClient
from connectors.jira.auth import REMEDY, JiraAuth
from connectors.jira.settings import JiraSettings
from connectors.responses import Answer
from connectors.texts import clean_id

Json: TypeAlias = dict[str, Any]
T = TypeVar("T")

ISSUE_ID = re.compile(r"[\w.:-]{1,255}", re.ASCII)
CLOUD, DATA_CENTER = "/rest/api/3", "/rest/api/2"
WRONG_ADDRESS = (
    "Check URL with its context path (such as /jira), DEPLOYMENT, and whether single sign-on intercepts the API."
)


@dataclass(frozen=True, slots=True)
class Site:
    """A Jira and its client. `info` is the server's own description, empty where the account may not read it."""

    client: HttpClient
    api: str
    info: Json

    @property
    def is_cloud(self) -> bool:
        """True for Jira Cloud."""
        return self.api == CLOUD

    async def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """Return the JSON at a path below this API version. Raise ConnectorError."""
        return await self._data(self.client.get(self.api + path, params))

    async def rows(self, path: str) -> list[Json]:
        """Return the objects in the list at a path. Raise ConnectorError."""
        data = await self.get(path)
        if not isinstance(data, list):
            raise BrokenAnswer(f"GET {self.api}{path}: expected a list, got {_kind_of(data)}")
        return [row for row in data if isinstance(row, dict)]

    async def catalogue(self, path: str) -> list[Json]:
        """Return the objects at a path that have an id and a name. Raise ConnectorError."""
        return [row for row in await self.rows(path) if _is_text(row.get("id")) and _is_text(row.get("name"))]

    async def catalogue_if_allowed(self, path: str) -> list[Json]:
        """Return the objects as `catalogue` does; none where the account may not read them."""
        try:
            return await self.catalogue(path)
        except ConnectorError as problem:
            if not is_forbidden(problem):
                raise
            return []

    async def post(self, path: str, body: Json) -> Json:
        """Return the JSON object that answers the body. Raise ConnectorError."""
        data = await self._data(self.client.post(self.api + path, body))
        if not isinstance(data, dict):
            raise BrokenAnswer(f"POST {self.api}{path}: expected an object, got {_kind_of(data)}")
        return data

    async def _data(self, request: Awaitable[Answer]) -> Any:
        try:
            return (await request).data
        except Truncated as problem:
            # Smaller pages would not help: Jira does not cut long answers, a proxy or a broken server does.
            raise Unavailable(f"{self.client.host}: {problem}, again and again") from problem

    async def myself(self) -> Json:
        """Return the account; proves the credentials. Raise WrongCredentials where nobody is logged in."""
        # Endpoints that allow anonymous access, the search among them, answer wrong credentials with an empty list.
        # This one does not.
        try:
            me = await self.get("/myself")
        except WrongCredentials as problem:
            if problem.remedy != WrongCredentials.remedy:
                raise
            raise WrongCredentials(str(problem), REMEDY) from problem
        except NotFound as problem:
            raise NotFound(f"no Jira at this address: {problem}", WRONG_ADDRESS) from problem
        if not isinstance(me, dict):
            raise BrokenAnswer(f"GET {self.api}/myself: expected an object, got {_kind_of(me)}")
        return {name: value for name, value in me.items() if _is_text(value)}


def require(answer: Any, name: str, kind: type[T], path: str) -> T:
    """Return the value under a name of the answer at `path`. Raise BrokenAnswer where it has none of this kind."""
    value = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(value, kind):
        raise BrokenAnswer(f"{path}: Jira's answer has no {name}")
    return value


def issues_of(answer: Json, path: str) -> list[Json]:
    """Return the issues of the answer at `path`; a malformed one has an empty id, or no fields.

    Raises BrokenAnswer where none of them has an id.
    """
    issues = [_clean_issue(issue) for issue in require(answer, "issues", list, path)]
    if issues and not any(issue["id"] for issue in issues):
        raise BrokenAnswer(f"{path}: Jira's answer has issues without an id")
    return issues


def _clean_issue(entry: object) -> Json:
    """Return an issue whose id is fit for addresses and queries, and whose fields are an object."""
    issue: Json = entry if isinstance(entry, dict) else {}
    uid, fields = issue.get("id"), issue.get("fields")
    if isinstance(uid, str) and isinstance(fields, dict) and ISSUE_ID.fullmatch(uid):
        return issue
    uid = clean_id(uid) if isinstance(uid, str) else ""
    is_fit = ISSUE_ID.fullmatch(uid)
    return issue | {"id": uid if is_fit else "", "fields": fields if isinstance(fields, dict) else {}}


def is_forbidden(problem: ConnectorError) -> bool:
    """Return True where the account may not send this one request, or this Jira does not know it."""
    # Atlassian's gateway answers 401 to a token that lacks a scope, although the credentials are right.
    lacks_scope = isinstance(problem, WrongCredentials) and "scope" in str(problem)
    return lacks_scope or isinstance(problem, (MissingPermission, NotFound))


async def open_site(settings: JiraSettings, context: Context, usage: Usage) -> Site:
    """Return the Jira at the address of the settings. Raise ConnectorError, each cause with its own remedy."""
    client = _client(settings, context, usage, keep_cookies=settings.deployment == "datacenter")
    try:
        site = await _detect(client, settings)
    except BaseException:
        await client.aclose()
        raise
    if site.is_cloud or settings.deployment == "datacenter":
        return site
    await client.aclose()
    return Site(_client(settings, context, usage, keep_cookies=True), site.api, site.info)


def _client(settings: JiraSettings, context: Context, usage: Usage, *, keep_cookies: bool) -> HttpClient:
    # The nodes of a Data Center have search indexes of their own, which differ: the load balancer's cookie keeps a walk
    # on one node. Cloud needs none.
    auth = JiraAuth(settings.user, settings.token.get_secret_value())
    return HttpClient(
        settings, usage, auth=auth, keep_cookies=keep_cookies, attempts=context.attempts, transport=context.transport
    )


async def _detect(client: HttpClient, settings: JiraSettings) -> Site:
    if settings.deployment != "auto":
        api = CLOUD if settings.deployment == "cloud" else DATA_CENTER
        return Site(client, api, await _info_if_allowed(client, api))
    # The host name tells nothing: Cloud sites have domains of their own, and tokens with scopes another address.
    try:
        info = await _info(client, CLOUD)
    except NotFound:
        info = await _info(client, DATA_CENTER)
    return Site(client, CLOUD if info.get("deploymentType") == "Cloud" else DATA_CENTER, info)


async def _info(client: HttpClient, api: str) -> Json:
    try:
        info = (await client.get(f"{api}/serverInfo")).data
    except NotFound as problem:
        raise NotFound(f"no Jira at this address: {problem}", WRONG_ADDRESS) from problem
    except Unavailable as problem:
        # A login page that stays is no outage: only the operator can get it out of the way.
        if isinstance(problem.__cause__, NotJson):
            raise WrongSettings(f"no Jira at this address: {problem}", WRONG_ADDRESS) from problem
        raise
    return {name: value for name, value in info.items() if _is_text(value)} if isinstance(info, dict) else {}


async def _info_if_allowed(client: HttpClient, api: str) -> Json:
    try:
        return await _info(client, api)
    except ConnectorError as problem:
        if not is_forbidden(problem):
            raise
        return {}


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _kind_of(value: object) -> str:
    return {dict: "an object", list: "a list", str: "a text", type(None): "nothing"}.get(type(value), "a number")
