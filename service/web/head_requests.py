"""HEAD wherever GET is allowed, as load balancers and link checkers use it."""

from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class HeadRequests:
    """Middleware that answers HEAD as GET, without the body."""

    # Not a method of each route: every page would stand twice in the OpenAPI document, and a new one could lack it.

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        # Of a copy: the server reads the method in its own to send no body.
        await self.app({**scope, "method": "GET"}, receive, send_without_body)
