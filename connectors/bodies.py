"""Bodies of responses, unpacked as they arrive and never longer than a limit."""

import zlib
from collections.abc import AsyncIterator, Iterator
from typing import cast

import httpx

from connectors.errors import TooLarge, Undecodable

# Asked for alone: its unpacker can stop at any length. Brotli's and Zstandard's swallow a bomb whole.
ACCEPTED = "gzip"
PACKED = frozenset(("gzip", "x-gzip", "deflate"))
GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
GZIP_MAGIC = b"\x1f\x8b"
STEP = 1 << 18
# The explanation of an error is a line or two; the rest of such a body is not worth an error of its own.
MAX_ERROR_BODY = 1 << 20
MIB = 1 << 20


def bound_body(response: httpx.Response, limit: int) -> None:
    """Let the body of a response be unpacked step by step, and end where it exceeds `limit` bytes.

    Reading it then raises TooLarge or Undecodable. The body of an error is cut instead.
    """
    encoding = response.headers.pop("content-encoding", "identity").strip().lower()
    stream = cast(httpx.AsyncByteStream, response.stream)
    if response.status_code == 200:
        response.stream = BoundedBody(stream, encoding, limit, response.request)
    else:
        response.stream = BoundedErrorBody(stream, encoding, MAX_ERROR_BODY, response.request)


class BoundedBody(httpx.AsyncByteStream):
    """A body that is unpacked in steps of `STEP` bytes, of at most `limit` bytes in all."""

    def __init__(self, stream: httpx.AsyncByteStream, encoding: str, limit: int, request: httpx.Request) -> None:
        self._stream = stream
        self._encoding = encoding
        self._limit = limit
        self._host = request.url.host
        self._place = f"{request.method} {request.url.path}"

    async def __aiter__(self) -> AsyncIterator[bytes]:
        received = size = 0
        inflater = self._inflater()
        async for raw in self._stream:
            # Some proxies lose the header and keep the body packed; no JSON begins so.
            if inflater is None and not received and raw.startswith(GZIP_MAGIC):
                inflater = zlib.decompressobj(GZIP_OR_ZLIB)
            # Counted as well: behind the end of the packed data a stream may go on for ever.
            received += len(raw)
            self._check_size(received)
            for data in _inflate(inflater, raw, self._place) if inflater else (raw,):
                size += len(data)
                self._check_size(size)
                yield data

    def _check_size(self, size: int) -> None:
        if size > self._limit:
            raise TooLarge(f"{self._host}: {self._place}: the answer is larger than {self._limit // MIB} MiB")

    def _inflater(self) -> "zlib._Decompress | None":
        if self._encoding in PACKED:
            return zlib.decompressobj(GZIP_OR_ZLIB)
        if self._encoding == "identity":
            return None
        raise Undecodable(f"{self._place}: the answer is packed as {self._encoding[:20]!r}, asked for was {ACCEPTED}")

    async def aclose(self) -> None:
        """Close the connection, or give it back."""
        await self._stream.aclose()


class BoundedErrorBody(BoundedBody):
    """The body of an error: cut where it is too long or cannot be unpacked, since its status says enough."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for data in super().__aiter__():
                yield data
        except (TooLarge, Undecodable):
            return


def _inflate(inflater: "zlib._Decompress", raw: bytes, place: str) -> Iterator[bytes]:
    """Yield what `raw` adds to the unpacked body, in steps; nothing for what follows the packed data."""
    more = True
    try:
        while more and not inflater.eof:
            data = inflater.decompress(raw, STEP)
            raw = inflater.unconsumed_tail
            # A full step may leave bytes inside the inflater after all of the input has gone in.
            more = bool(raw) or len(data) == STEP
            yield data
    except zlib.error as problem:
        raise Undecodable(f"{place}: the answer is not packed by gzip, as its header says") from problem
