"""The HTTP client: errors, retries, limits, cookies."""

import asyncio
import gc
import math
import re
import time
import weakref
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from itertools import repeat
from typing import Any

import httpx
import pytest
import respx
import stamina

from connectors.base import HttpSettings, Usage
from connectors.errors import (
    BrokenAnswer,
    BudgetSpent,
    ConnectorError,
    MissingPermission,
    NotFound,
    NotJson,
    Transient,
    Truncated,
    Unavailable,
    WrongCredentials,
    WrongSettings,
)
from connectors.http import MAX_CONSECUTIVE_FAILURES, HttpClient
from connectors.responses import Answer, retry_after_seconds

BASE = "https://tickets.example.com/base"
OK = httpx.Response(200, json={"ok": True})
JSON = {"content-type": "application/json"}


@pytest.fixture(autouse=True)
def _no_waiting(request: pytest.FixtureRequest) -> Any:
    with stamina.set_testing(True, attempts=4):
        yield


def client(usage: Usage | None = None, **options: Any) -> HttpClient:
    inspect = options.pop("inspect", None)
    keep_cookies = options.pop("keep_cookies", False)
    return HttpClient(HttpSettings(url=BASE, **options), usage or Usage(), inspect=inspect, keep_cookies=keep_cookies)


def use(work: Callable[[HttpClient], Coroutine[Any, Any, Any]], http: HttpClient) -> Any:
    """Run the work with the client, which is closed afterwards."""

    async def run() -> Any:
        try:
            return await work(http)
        finally:
            await http.aclose()

    return asyncio.run(run())


def get(http: HttpClient, path: str = "/x") -> Answer:
    answer: Answer = use(lambda http: http.get(path), http)
    return answer


@respx.mock
def test_base_path_is_preserved_and_json_is_parsed() -> None:
    route = respx.get(f"{BASE}/api/x").mock(OK)
    assert get(client(), "/api/x").data == {"ok": True}
    assert route.calls[0].request.headers["accept"] == "application/json"


def test_answer_is_freed_without_garbage_collection() -> None:
    responses: list[weakref.ref[httpx.Response]] = []

    def answer(_request: httpx.Request) -> httpx.Response:
        response = httpx.Response(200, json={"large": "x" * 1000})
        responses.append(weakref.ref(response))
        return response

    http = HttpClient(HttpSettings(url=BASE), Usage(), transport=httpx.MockTransport(answer))
    gc.disable()
    try:
        assert get(http).data["large"]
        assert responses[0]() is None
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, WrongCredentials),
        (403, MissingPermission),
        (404, NotFound),
        (400, WrongSettings),
        (405, WrongSettings),
    ],
)
@respx.mock
def test_permanent_errors_are_not_retried(status: int, error: type[Exception]) -> None:
    route = respx.get(f"{BASE}/x").mock(httpx.Response(status, json={"errorMessages": ["No such project"]}))
    with pytest.raises(error, match="No such project") as caught:
        get(client())
    assert route.call_count == 1
    assert f"GET /base/x: {status}" in str(caught.value)


@pytest.mark.parametrize(
    "failure",
    [
        httpx.Response(503),
        httpx.Response(429),
        httpx.Response(202),
        httpx.Response(500),
        httpx.Response(200, html="<html>log in</html>"),
        httpx.Response(302, headers={"location": "https://sso.example/login?token=1"}),
        httpx.Response(200, text='{"cut": ', headers={"content-type": "application/json"}),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut"),
    ],
)
@respx.mock
def test_transient_failure_is_retried_and_counted(failure: Any) -> None:
    route = respx.get(f"{BASE}/x").mock(side_effect=[failure, OK])
    usage = Usage()
    assert get(client(usage)).data == {"ok": True}
    assert (route.call_count, usage.requests, usage.retries) == (2, 2, 1)


def test_retry_is_logged_with_host_cause_and_wait(caplog: pytest.LogCaptureFixture) -> None:
    failure = httpx.ConnectError("[Errno -2] Name or service not known")
    with respx.mock, caplog.at_level("WARNING"), stamina.set_testing(True, attempts=2):
        respx.get(f"{BASE}/x").mock(side_effect=[failure, OK])
        get(client())
    lines = [(record.name, record.getMessage()) for record in caplog.records]
    text = "tickets.example.com: GET /x: Name or service not known; asked again in 0.5 seconds"
    assert lines == [("connectors.http", text)]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://host.invalid", "the name of the host cannot be resolved"),
        ("http://127.0.0.1:9", "the host refuses the connection"),
    ],
)
def test_network_problem_is_told_in_words(url: str, words: str) -> None:
    # Sockets, not a mock: the words come from the causes that the transport names.
    host = url.partition("//")[2].partition(":")[0]
    with pytest.raises(Unavailable, match=rf"^{re.escape(host)}\S*: GET /x: {words} "):
        get(HttpClient(HttpSettings(url=url), Usage()))


@respx.mock
def test_lasting_failure_ends_the_run() -> None:
    respx.get(f"{BASE}/x").mock(httpx.Response(503, json={"error": {"message": "Down"}}))
    with pytest.raises(Unavailable, match=r"Down.*after 4 attempts"):
        get(client())


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (httpx.Response(200, text='{"a": [1,2', headers=JSON), "the JSON is cut off or invalid from byte 11 on"),
        (httpx.Response(200, content=b"\xff\xfe", headers=JSON), "the JSON is cut off or invalid from byte 1 on"),
        (httpx.Response(204), "204 No Content"),
        (httpx.Response(405), "405 Method Not Allowed"),
        (httpx.ReadTimeout(""), "no answer within 75 seconds (TIMEOUT) (after"),
        (httpx.ConnectTimeout(""), "no connection within 15 seconds (after"),
        (httpx.Response(503), "503 Service Unavailable (after"),
    ],
)
def test_an_answer_that_stays_wrong_ends_with_its_place_and_a_remedy_that_names_url(answer: Any, text: str) -> None:
    with respx.mock:
        respx.get(f"{BASE}/x").mock(side_effect=repeat(answer))
        with pytest.raises(ConnectorError) as caught:
            get(client())
    assert text in str(caught.value)
    assert "GET /" in str(caught.value)
    assert "URL" in caught.value.remedy
    assert "Nothing to do" not in caught.value.remedy
    assert "URL" in BrokenAnswer.remedy


@respx.mock
def test_web_page_instead_of_json_ends_the_run() -> None:
    respx.get(f"{BASE}/x").mock(httpx.Response(200, html="<html>"))
    with pytest.raises(Unavailable, match="text/html instead of JSON") as caught:
        get(client())
    assert isinstance(caught.value.__cause__, NotJson)


@respx.mock
def test_a_redirect_that_stays_ends_the_run_and_names_host_and_target() -> None:
    route = respx.get(f"{BASE}/x").respond(302, headers={"location": "https://sso.example/login?token=1"})
    with pytest.raises(Unavailable) as caught:
        get(client())
    text = str(caught.value)
    assert (httpx.URL(BASE).host in text, "302 Found to https://sso.example/login" in text, "token" in text) == (
        True, True, False,
    )  # fmt: skip
    assert (caught.value.remedy.startswith("Set URL"), route.call_count) == (True, 4)


@respx.mock
def test_answer_that_is_cut_four_times_raises_truncated() -> None:
    route = respx.get(f"{BASE}/x").mock(httpx.Response(200, text='{"a":', headers={"content-type": "application/json"}))
    with pytest.raises(Truncated, match=httpx.URL(BASE).host):
        get(client())
    assert route.call_count == 4


@respx.mock
def test_inspect_may_raise_for_an_answer_with_status_200() -> None:
    respx.get(f"{BASE}/x").mock(side_effect=[httpx.Response(200, json={"error": "x"}), OK])

    def inspect(answer: Answer) -> None:
        if "error" in answer.data:
            raise Transient("the body contains an error")

    assert get(client(inspect=inspect)).data == {"ok": True}


@respx.mock
def test_open_circuit_sends_no_request() -> None:
    route = respx.get(f"{BASE}/x").mock(httpx.Response(503))

    async def fail_repeatedly(http: HttpClient) -> int:
        for _ in range(MAX_CONSECUTIVE_FAILURES):
            with pytest.raises(Unavailable):
                await http.get("/x")
        return route.call_count

    assert use(fail_repeatedly, client()) == MAX_CONSECUTIVE_FAILURES


@respx.mock
def test_request_budget_is_never_exceeded() -> None:
    route = respx.get(f"{BASE}/x").mock(OK)

    async def send_three(http: HttpClient) -> None:
        for _ in range(3):
            await http.get("/x")

    with pytest.raises(BudgetSpent, match="budget of 2"):
        use(send_three, client(request_budget=2))
    assert route.call_count == 2


@respx.mock
def test_retry_after_delays_every_request() -> None:
    respx.get(f"{BASE}/first").mock(side_effect=[httpx.Response(429, headers={"Retry-After": "0.3"}), OK])
    respx.get(f"{BASE}/second").mock(OK)

    async def work(http: HttpClient) -> float:
        begun = time.monotonic()
        first = asyncio.create_task(http.get("/first"))
        await asyncio.sleep(0.05)
        await http.get("/second")
        await first
        return time.monotonic() - begun

    assert use(work, client()) >= 0.3


@respx.mock
def test_requests_per_second_are_limited() -> None:
    respx.get(f"{BASE}/x").mock(OK)

    async def work(http: HttpClient) -> float:
        begun = time.monotonic()
        await asyncio.gather(*(http.get("/x") for _ in range(6)))
        return time.monotonic() - begun

    assert use(work, client(requests_per_second=20)) >= 0.24


@respx.mock
def test_concurrency_is_limited() -> None:
    running = peak = 0

    async def slow(_request: httpx.Request) -> httpx.Response:
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        await asyncio.sleep(0.01)
        running -= 1
        return httpx.Response(200, json={})

    respx.get(f"{BASE}/x").mock(side_effect=slow)

    async def work(http: HttpClient) -> None:
        await asyncio.gather(*(http.get("/x") for _ in range(12)))

    use(work, client(concurrency=3))
    assert peak == 3


@pytest.mark.parametrize("keep_cookies", [False, True])
@respx.mock
def test_cookies_are_sent_back_only_on_request(keep_cookies: bool) -> None:
    route = respx.get(f"{BASE}/x").mock(httpx.Response(200, json={}, headers={"Set-Cookie": "JSESSIONID=1; Path=/"}))

    async def send_two(http: HttpClient) -> bool:
        await http.get("/x")
        await http.get("/x")
        return "cookie" in route.calls[1].request.headers

    assert use(send_two, client(keep_cookies=keep_cookies)) is keep_cookies


NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("3", 3.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("Thu, 01 Jan 2026 00:00:30 GMT", 30.0),
        ("Wed, 31 Dec 2025 23:00:00 GMT", 0.0),
        ("-5", 0.0),
        ("\u00b2", None),
        ("1_0", None),
        ("1e3", None),
        ("inf", None),
        ("9" * 400, math.inf),
        ("Thu, 01 Jan 99999 00:00:00 GMT", None),
        ("Thu, 01 Jan 2026 00:00:00 +99999999999999999", None),
        ("soon", None),
        (None, None),
        ("", None),
    ],
)
def test_retry_after_in_both_forms(value: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(value, NOW) == seconds


@pytest.mark.parametrize(
    "url",
    [
        "tickets.example.com",
        "http://tickets.example.com",
        "https://u:p@tickets.example.com",
        "https://x/?a=1",
        "ftp://x",
    ],
)
def test_unsafe_or_incomplete_urls_are_rejected(url: str) -> None:
    with pytest.raises(ValueError, match="must"):
        HttpSettings(url=url)
    assert HttpSettings(url="http://127.0.0.1:9090/jira/").url == "http://127.0.0.1:9090/jira"


def test_ca_bundle_and_proxies_do_not_turn_verification_off() -> None:
    http = client()
    context = http._client._transport._pool._ssl_context  # type: ignore[attr-defined]
    assert context.check_hostname
    asyncio.run(http.aclose())
