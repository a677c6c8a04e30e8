"""Connections that send nothing, too little or too slowly, and clients that do not read."""

import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Thread

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import Response

from benchmarks.connections import free_port, measure
from config.settings import Web
from service.web import connections
from service.web.server import server

SIZE = 50_000_000


@contextmanager
def listening(app: FastAPI) -> Iterator[int]:
    """Serve an app, and yield its port."""
    port = free_port()
    web = server(app, Web(port=port))
    thread = Thread(target=web.run)
    thread.start()
    while not web.started:
        assert thread.is_alive(), "the server has not started"
        time.sleep(0.02)
    try:
        yield port
    finally:
        web.should_exit = True
        thread.join(60)
        assert not thread.is_alive(), "the server has not ended"


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.5)
    monkeypatch.setattr(connections, "STALLED_SECONDS", 0.5)
    app = FastAPI()

    @app.get("/")
    def small() -> str:
        return "x"

    @app.post("/")
    async def body(value: dict[str, str]) -> str:
        return value["a"]

    @app.get("/large")
    def large() -> Response:
        return Response(b"x" * SIZE)

    with listening(app) as result:
        yield result


def seconds_open(client: socket.socket) -> float:
    """Return how long it takes until the server closes a connection."""
    client.settimeout(10)
    begin = time.monotonic()
    try:
        while client.recv(65536):
            pass
    except ConnectionError:
        pass
    return time.monotonic() - begin


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: a\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nx",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n",
    ],
    ids=["nothing", "headers", "body", "chunks"],
)
def test_a_request_that_does_not_come_is_not_waited_for(port: int, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(data)
        assert seconds_open(client) < 9


def test_a_request_that_comes_byte_by_byte_has_no_more_time(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        begin = time.monotonic()
        with suppress(ConnectionError):
            while time.monotonic() < begin + 8:
                client.sendall(b"G")
                time.sleep(0.05)
        assert time.monotonic() < begin + 5


def test_the_next_request_of_a_connection_has_its_own_time(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 2)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        for _ in range(5):
            assert client.get("/").status_code == 200
            assert client.post("/", json={"a": "b"}).json() == "b"
            time.sleep(0.5)


def test_a_second_request_that_does_not_end_is_not_waited_for(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b"200 OK" in client.recv(4096)
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
        assert seconds_open(client) < 9


def test_a_client_that_does_not_read_is_given_up(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(2)
        received = 0
        with suppress(ConnectionError):
            while data := client.recv(1 << 20):
                received += len(data)
        assert received < SIZE


def test_the_oldest_idle_connection_makes_place_for_a_new_one(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 60)
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 5)
    with ExitStack() as stack:
        idle = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(8)]
        assert httpx.get(f"http://127.0.0.1:{port}/").status_code == 200
        assert seconds_open(idle[0]) < 5
        idle[-1].sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b"200 OK" in idle[-1].recv(4096)


def test_the_limit_of_connections_lies_below_that_of_handles(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {256: 64, 512: 320, 1024: 832, 65536: 1000, resource.RLIM_INFINITY: 1000}
    for soft, limit in limits.items():
        monkeypatch.setattr(resource, "getrlimit", lambda _, soft=soft: (soft, soft))
        assert connections.connection_limit() == limit


def test_the_limit_of_handles_is_raised_to_what_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    raised: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: raised.append(limits))
    for soft, hard in ((1024, 524288), (256, 256), (256, 1024), (65536, 524288), (1024, resource.RLIM_INFINITY)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, limits=(soft, hard): limits)
        connections.raise_handle_limit()
    assert raised == [(4096, 524288), (1024, 1024), (4096, resource.RLIM_INFINITY)]


@pytest.mark.slow
def test_idle_connections_delay_no_pull_and_fill_no_log(tmp_path: Path) -> None:
    """With 256 handles, 400 idle connections left the service none for its database and its log without bounds."""
    # The pull at the start may be that of the minute too: the second then comes a minute later.
    load = measure(tmp_path, connections=400, seconds=20, handles=256, pulls=2)
    assert len(load.pulls) >= 2
    # Two minutes, had a pull been left out.
    assert load.longest_gap < 75
    assert load.log_bytes < 200_000
    assert load.failures == 0
    assert max(load.answers) < 5
