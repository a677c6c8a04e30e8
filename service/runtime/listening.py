"""The address that the website listens on: tried before any work begins, and explained where it cannot be had."""

import asyncio
import errno

from config.settings import Web


def try_address(web: Web) -> None:
    """Listen on the address for a moment. Raise OSError with the remedy where the server could not."""

    async def bind() -> None:
        # As the server itself will do it, without answering anybody.
        server = await asyncio.get_running_loop().create_server(
            asyncio.Protocol, web.host, web.port, start_serving=False
        )
        server.close()

    try:
        asyncio.run(bind())
    except OSError as problem:
        raise refusal(web.host, web.port, problem) from problem


def refusal(host: str, port: int, problem: BaseException | None) -> OSError:
    """Return the error that names an address, why nobody can listen there, and the remedy."""
    return OSError(f"cannot listen on {host}:{port}: {_why_deaf(problem)}")


def _why_deaf(problem: BaseException | None) -> str:
    number = problem.errno if isinstance(problem, OSError) else None
    match number:
        case errno.EADDRINUSE:
            return "another program listens there: end it, or set TREADMILL_WEB__PORT (`demo`: --port)"
        case errno.EACCES:
            return "this user may not use the port: set TREADMILL_WEB__PORT (`demo`: --port) to 1024 or higher"
    return f"this machine has no such address: correct TREADMILL_WEB__HOST ({problem})"
