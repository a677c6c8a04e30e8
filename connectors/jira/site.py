"""One Jira as a run has found it: which deployment, who asks, and its REST API."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from connectors.base import Context, Usage
from connectors.errors import (
    BrokenAnswer,
    ConnectorError,
    MissingPermission,
    NotFound,
    NotJson,
    Unavailable,
    WrongCredentials,
    WrongSettings,
)
from connectors.http import HttpClient
from connectors.jira.login import ADVICE, Login
from connectors.jira.settings import JiraSettings

Json: TypeAlias = dict[str, Any]
T = TypeVar("T")

CLOUD, DATA_CENTER = "/rest/api/3", "/rest/api/2"
WRONG_ADDRESS = "Check URL and its context path (such as /jira), whether single sign-on is in the way, and DEPLOYMENT."


@dataclass(frozen=True, slots=True)
class Site:
    """`info` is what the server says of itself, empty where it may not be asked."""

    client: HttpClient
    api: str
    info: Json

    @property
    def is_cloud(self) -> bool:
        """Whether this is Jira Cloud."""
        return self.api == CLOUD

    async def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """The JSON below this API version. Raises ConnectorError."""
        return (await self.client.get(self.api + path, params)).data

    async def rows(self, path: str) -> list[Json]:
        """The list of objects at a path. Raises ConnectorError."""
        data = await self.get(path)
        if not isinstance(data, list):
            raise BrokenAnswer(f"GET {self.api}{path}: answered {type(data).__name__} instead of a list")
        return data

    async def post(self, path: str, body: Json) -> Json:
        """The JSON object that answers the body. Raises ConnectorError."""
        data = (await self.client.post(self.api + path, body)).data
        if not isinstance(data, dict):
            raise BrokenAnswer(f"POST {self.api}{path}: answered {type(data).__name__} instead of an object")
        return data

    async def myself(self) -> Json:
        """Who asks; proves the credentials. Raises WrongCredentials where nobody is logged in."""
        try:
            me: Json = await self.get("/myself")
        except WrongCredentials as problem:
            if problem.remedy != WrongCredentials.remedy:
                raise
            raise WrongCredentials(str(problem), ADVICE) from problem
        except NotFound as problem:
            raise NotFound(f"no Jira answers here: {problem}", WRONG_ADDRESS) from problem
        return me


def part(answer: Any, name: str, kind: type[T]) -> T:
    """What an answer holds under a name. Raises BrokenAnswer where there is nothing of this kind."""
    value = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(value, kind):
        raise BrokenAnswer(f"Jira's answer holds no {name}")
    return value


def issues_of(answer: Json) -> list[Json]:
    """The issues of an answer. Raises BrokenAnswer where it has none, or one without id."""
    issues: list[Any] = part(answer, "issues", list)
    if not all(isinstance(issue, dict) and issue.get("id") for issue in issues):
        raise BrokenAnswer("Jira's answer holds issues without id")
    return issues


def forbidden(problem: ConnectorError) -> bool:
    """Whether this request alone is not allowed, or unknown here. A gateway answers a missing scope with 401."""
    missing_scope = isinstance(problem, WrongCredentials) and "scope" in str(problem)
    return missing_scope or isinstance(problem, (MissingPermission, NotFound))


async def open_site(settings: JiraSettings, context: Context, usage: Usage) -> Site:
    """The Jira behind the address. Raises ConnectorError, each cause with its own remedy."""
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
    """Data Center's load balancer keeps a walk on one node by a cookie; Cloud needs none."""
    login = Login(settings.user, settings.token.get_secret_value())
    return HttpClient(
        settings, usage, auth=login, keep_cookies=keep_cookies, attempts=context.attempts, transport=context.transport
    )


async def _detect(client: HttpClient, settings: JiraSettings) -> Site:
    if settings.deployment != "auto":
        api = CLOUD if settings.deployment == "cloud" else DATA_CENTER
        return Site(client, api, await _info_if_allowed(client, api))
    try:
        info = await _info(client, CLOUD)
    except NotFound:
        info = await _info(client, DATA_CENTER)
    return Site(client, CLOUD if info.get("deploymentType") == "Cloud" else DATA_CENTER, info)


async def _info(client: HttpClient, api: str) -> Json:
    try:
        info: Json = (await client.get(f"{api}/serverInfo")).data
    except NotFound as problem:
        raise NotFound(f"no Jira answers here: {problem}", WRONG_ADDRESS) from problem
    except Unavailable as problem:
        if isinstance(problem.__cause__, NotJson):
            raise WrongSettings(f"no Jira answers here: {problem}", WRONG_ADDRESS) from problem
        raise
    return info


async def _info_if_allowed(client: HttpClient, api: str) -> Json:
    try:
        return await _info(client, api)
    except ConnectorError as problem:
        if not forbidden(problem):
            raise
        return {}
