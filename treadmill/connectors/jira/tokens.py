"""Paging by token, as Cloud does it."""

from collections.abc import AsyncGenerator

from treadmill.connectors.errors import BrokenAnswer
from treadmill.connectors.jira.site import Json, Site


async def by_token(site: Site, path: str, body: Json) -> AsyncGenerator[Json, None]:
    """All answers to the body. Only an answer without a token is the last one: short and empty ones are not.

    Raises BrokenAnswer where a token comes a second time, for such a walk never ends.
    """
    seen: set[str] = set()
    token: str | None = None
    while True:
        answer = await site.post(path, body | {"nextPageToken": token} if token else body)
        yield answer
        token = answer.get("nextPageToken")
        if not token:
            return
        if token in seen:
            raise BrokenAnswer(f"POST {site.api}{path}: a page token came a second time, after {len(seen)} others")
        seen.add(token)
