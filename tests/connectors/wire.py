"""A server that writes whatever bytes a test wants to the wire."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Write = Callable[[asyncio.StreamWriter], Awaitable[None]]
PAUSE = 0.05


@asynccontextmanager
async def wire(write: Write) -> AsyncIterator[str]:
    """Yield the address of a server that answers every request by `write`, and then closes the connection."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await write(writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client has hung up, or the test is over
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def answer(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    """Return a response; `length` is the length that it pretends to have."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {length or len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def send(response: bytes) -> Write:
    """Return a function that sends the response."""

    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(response)
        await writer.drain()

    return write


def drip(beginning: bytes, byte: bytes = b" ") -> Write:
    """Return a function that sends the beginning of a response, and then a byte every now and then for ever."""

    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(beginning)
        while True:
            writer.write(byte)
            await writer.drain()
            await asyncio.sleep(PAUSE)

    return write


def repeat(beginning: bytes, block: bytes) -> Write:
    """Return a function that sends the beginning of a response, and then a block for ever."""

    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(beginning)
        while True:
            writer.write(block)
            await writer.drain()

    return write
