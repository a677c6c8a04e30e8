"""Bodies of answers: packed, endless, slow, spoiled. Each ends soon, in little memory, with an error that says why."""

import asyncio
import gzip
import time
import tracemalloc
import zlib
from typing import Any

import pytest
import stamina

from connectors.base import HttpSettings, Usage
from connectors.errors import ConnectorError, TooLarge, Unavailable, WrongCredentials
from connectors.http import HttpClient
from connectors.retries import patience_of
from tests.connectors.wire import Write, answer, drip, repeat, send, wire

PACKED = "Content-Encoding: gzip"
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
UNTIL_CLOSED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n\r\n"
MIB = 1 << 20


@pytest.fixture(autouse=True)
def _no_waiting() -> Any:
    with stamina.set_testing(True, attempts=8):
        yield


def request(write: Write, usage: Usage | None = None, **settings: Any) -> Any:
    """Return the data of one answer of a server that writes so."""

    async def run() -> Any:
        async with wire(write) as url:
            http = HttpClient(HttpSettings(url=url, **settings), usage or Usage())
            try:
                return (await http.get("/x")).data
            finally:
                await http.aclose()

    return asyncio.run(run())


def failure_of(write: Write, **settings: Any) -> tuple[ConnectorError, Usage]:
    usage = Usage()
    with pytest.raises(ConnectorError) as caught:
        request(write, usage, **settings)
    assert "127.0.0.1: GET" in str(caught.value), "the error must name the host"
    assert caught.value.remedy
    return caught.value, usage


def bomb(size: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    parts = [packer.compress(b'{"a": "'), *(packer.compress(b" " * MIB) for _ in range(size)), packer.compress(b'"}')]
    return b"".join(parts) + packer.flush()


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate", "identity", "GZIP"])
def test_packed_answers_are_read(encoding: str) -> None:
    body = b'{"text": "' + b"a b c " * 200_000 + b'"}'
    packed = {"deflate": zlib.compress(body), "identity": body}.get(encoding) or gzip.compress(body)
    assert len(request(send(answer(packed, f"Content-Encoding: {encoding}")))["text"]) == 1_200_000


def test_answer_as_large_as_the_limit_is_read() -> None:
    body = b'{"a":"' + b"x" * (MIB - 8) + b'"}'
    assert request(send(answer(body)), answer_limit=1)
    error, _ = failure_of(send(answer(body + b" ")), answer_limit=1)
    assert isinstance(error, TooLarge)


@pytest.mark.parametrize(
    "write",
    [
        send(answer(bomb(40), PACKED)),
        repeat(CHUNKED, b"100000\r\n" + b" " * MIB + b"\r\n"),
        repeat(UNTIL_CLOSED + gzip.compress(b"{}"), b"\0" * 65536),
    ],
    ids=["bomb", "endless", "endless behind the packed data"],
)
def test_answer_beyond_the_limit_ends_the_run_in_little_memory(write: Write) -> None:
    tracemalloc.start()
    try:
        error, usage = failure_of(write, answer_limit=4)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(error, TooLarge)
    assert "larger than 4 MiB" in str(error)
    assert "ANSWER_LIMIT" in error.remedy
    assert usage.requests == 1, "an answer that is too large is not asked for again"
    assert peak < 16 * MIB


def test_answer_of_millions_of_empty_lists_ends_the_run() -> None:
    error, usage = failure_of(send(answer(b"[" + b"[]," * 100_000 + b"1]")), answer_limit=1)
    assert isinstance(error, TooLarge)
    assert "more than 48,000 values" in str(error)
    assert usage.requests == 1


def test_odd_values_in_an_answer_are_mended() -> None:
    body = rb'{"text": "cut \ud83d caf' + b"\xe9" + rb'", "number": NaN, "good": [1]}'
    assert request(send(answer(body))) == {"text": "cut \ufffd caf\ufffd", "number": None, "good": [1]}


def test_words_of_an_error_hold_no_control_characters() -> None:
    body = rb'{"errorMessages": ["\u001b[31mRED\nfake line\r\u0007"]}'
    error, _ = failure_of(send(answer(body, status="503 Busy")))
    assert ": 503 Busy:  [31mRED fake line" in str(error)
    assert str(error).isprintable()


@pytest.mark.parametrize(
    "beginning",
    [
        answer(b"{", length=1_000_000),
        b"HTTP/1.1 200 OK\r\nX-A: ",
        b"HTTP/1.1 401 No\r\nContent-Length: 1000000\r\n\r\n",
    ],
    ids=["body", "header", "error"],
)
def test_trickle_ends_by_the_deadline_of_an_answer(beginning: bytes) -> None:
    started = time.monotonic()
    with stamina.set_testing(True, attempts=2):
        error, _ = failure_of(drip(beginning, b"a"), timeout=0.3)
    assert isinstance(error, Unavailable)
    assert "no whole answer within" in str(error)
    assert time.monotonic() - started < 30


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (answer(b"this is no gzip at all", PACKED), "is not packed by gzip, as its header says "),
        (answer(b"{}", "Content-Encoding: br"), "packed as 'br'"),
        (answer(b"<html>"), "cut"),
        (answer(gzip.compress(b'{"a": 1}')[:-12], PACKED), "cut"),
    ],
    ids=["no gzip", "brotli", "a web page as JSON", "cut gzip"],
)
def test_spoiled_answer_is_asked_for_four_times(response: bytes, words: str) -> None:
    with pytest.raises(ConnectorError, match=words):
        request(send(response), usage := Usage())
    assert usage.requests == 4


@pytest.mark.parametrize("body", [b"no gzip", bomb(20)], ids=["no gzip", "bomb"])
def test_status_of_an_error_counts_whatever_its_body_is(body: bytes) -> None:
    with pytest.raises(WrongCredentials):
        request(send(answer(body, PACKED, status="401 Unauthorized")))


@pytest.mark.parametrize("value", ["0", "-5", "\xb2", "soon", "Wed, 31 Dec 1997 23:00:00 GMT", "", "1e3"])
def test_retry_after_without_sense_means_the_usual_pause(value: str) -> None:
    with stamina.set_testing(True, attempts=2):
        error, usage = failure_of(send(answer(b"{}", f"Retry-After: {value}", status="503 Busy")))
    assert isinstance(error, Unavailable)
    assert usage.requests == 2


@pytest.mark.parametrize("value", ["86400", "301", "9" * 400, "Fri, 31 Dec 2100 23:00:00 GMT"])
def test_retry_after_beyond_patience_ends_the_run_at_once(value: str) -> None:
    started = time.monotonic()
    error, usage = failure_of(send(answer(b"{}", f"Retry-After: {value}", status="429 Too Many")))
    assert usage.requests == 1
    assert "asks for a pause of" in str(error)
    assert "may be asked again" in error.remedy
    assert time.monotonic() - started < 60


def test_patience_grows_with_the_timeout() -> None:
    assert patience_of(75) == 300
    assert patience_of(200) == 800
