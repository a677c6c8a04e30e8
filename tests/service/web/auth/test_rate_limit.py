"""Guesses of passwords and tokens: slower and slower for those who make them, and for nobody else."""

import asyncio
from collections.abc import Callable

import pytest

from service.web.auth import rate_limit
from service.web.auth.rate_limit import FREE_FAILURES, MAX_KNOWN_WAIT, MAX_WAIT, Attempts
from service.web.server import application
from service.web.website import Website
from tests.service.web.auth.test_access import EDITOR, LOCKED, TOKEN, VIEWER
from tests.service.web.browser import Browser

Opened = Callable[..., Website]
STRANGERS = [f"198.51.{number // 200}.{number % 200}" for number in range(1000)]


class StoppedClock:
    """A clock that stands still until it is set forward."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def attempts(clock: StoppedClock) -> Attempts:
    return Attempts(clock)


@pytest.fixture
def site(site_of: Opened, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch) -> Website:
    monkeypatch.setattr(rate_limit, "MAX_PAUSE", 0.0)
    opened = site_of(**LOCKED, proxies="10.0.0.1")
    opened.attempts.clock = clock
    return opened


def fail(attempts: Attempts, address: str, times: int, clock: StoppedClock) -> list[int]:
    """Make failing attempts as soon as each may be made; return the waits before them."""
    waits = []
    for _ in range(times):
        waits.append(attempts.seconds_to_wait(address))
        clock.now += waits[-1]
        assert attempts.begin(address) == 0
    return waits


def test_who_guesses_waits_longer_and_longer(attempts: Attempts, clock: StoppedClock) -> None:
    waits = fail(attempts, "192.0.2.7", FREE_FAILURES + 14, clock)
    assert waits[: FREE_FAILURES + 4] == [0, 0, 0, 0, 1, 2, 4, 8]
    assert waits[-1] == MAX_WAIT
    assert attempts.seconds_to_wait("192.0.2.8") == 0
    clock.now += rate_limit.FORGET_SECONDS + MAX_WAIT
    assert attempts.seconds_to_wait("192.0.2.7") == 0


def test_a_guess_while_waiting_is_refused_even_if_it_is_right(site: Website, clock: StoppedClock) -> None:
    guesser = Browser(application(site, lambda: None), address="192.0.2.7")
    codes = [guesser.post("/login", {"password": f"guess {n}"}).status_code for n in range(FREE_FAILURES + 1)]
    assert codes == [401] * FREE_FAILURES + [429]
    waiting = guesser.post("/login", {"password": VIEWER})
    assert (waiting.status_code, waiting.headers["retry-after"]) == (429, "1")
    assert "Try again in 1 second." in waiting.text
    clock.now += 1
    assert guesser.post("/login", {"password": VIEWER}).status_code == 303


def test_wrong_passwords_from_everywhere_lock_nobody_out(site: Website) -> None:
    app = application(site, lambda: None)
    session, visitor = Browser(app, address="192.0.2.1"), Browser(app, address="192.0.2.2")
    assert session.post("/login", {"password": VIEWER}).status_code == 303
    for stranger in STRANGERS:
        assert site.attempts.begin(stranger) == 0
    assert session.get("/definitions").status_code == 200
    assert visitor.post("/login", {"password": EDITOR}).status_code == 303
    assert Browser(app, address="192.0.2.1").post("/login", {"password": VIEWER}).status_code == 303
    # Those who have failed wait sooner than on a quiet day.
    assert site.attempts.seconds_to_wait(STRANGERS[-1]) > 1


def test_many_failures_slow_down_strangers_and_not_who_was_here_before(attempts: Attempts) -> None:
    pauses: list[float] = []

    async def note(seconds: float) -> None:
        pauses.append(seconds)

    assert attempts.begin("192.0.2.1") == 0
    attempts.succeed("192.0.2.1")
    attempts.sleep = note
    asyncio.run(attempts.pause("192.0.2.2"))
    for stranger in STRANGERS:
        attempts.begin(stranger)
    asyncio.run(attempts.pause("192.0.2.1"))
    assert pauses == []
    asyncio.run(attempts.pause("192.0.2.2"))
    assert pauses == [rate_limit.MAX_PAUSE]


def test_the_pauses_of_many_take_no_connection_from_others(attempts: Attempts) -> None:
    for stranger in STRANGERS:
        attempts.begin(stranger)

    async def crowd() -> bool:
        paused = [asyncio.create_task(attempts.pause(place)) for place in STRANGERS[: rate_limit.MOST_PAUSED]]
        await asyncio.sleep(0)
        await asyncio.wait_for(attempts.pause("192.0.2.2"), 1)
        return all(task.cancel() for task in paused)

    assert asyncio.run(crowd())


def test_an_address_that_has_logged_in_never_waits_long(attempts: Attempts, clock: StoppedClock) -> None:
    attempts.begin("192.0.2.1")
    attempts.succeed("192.0.2.1")
    assert max(fail(attempts, "192.0.2.1", FREE_FAILURES + 14, clock)) == MAX_KNOWN_WAIT


def test_a_login_brings_no_new_guesses(attempts: Attempts) -> None:
    """A viewer would else guess the password of an editor as fast as the network carries it."""
    for _ in range(FREE_FAILURES - 1):
        assert [attempts.begin("192.0.2.1"), attempts.begin("192.0.2.1")] == [0, 0]
        attempts.succeed("192.0.2.1")
    assert attempts.begin("192.0.2.1") == 0
    assert attempts.seconds_to_wait("192.0.2.1") == 1


def test_guesses_at_the_same_moment_count_each(attempts: Attempts) -> None:
    assert [attempts.begin("192.0.2.1") for _ in range(FREE_FAILURES + 2)] == [0] * FREE_FAILURES + [1, 1]


def test_one_network_is_one_address_and_a_port_is_none(attempts: Attempts) -> None:
    for number in range(FREE_FAILURES):
        attempts.begin(f"2001:db8::{number}")
        attempts.begin(f"192.0.2.7:{number + 4000}")
    assert attempts.seconds_to_wait("[2001:db8::ffff]:1234") == 1
    assert attempts.seconds_to_wait("2001:db8:0:1::1") == 0
    assert attempts.seconds_to_wait("192.0.2.7") == 1


def test_memory_is_bounded(attempts: Attempts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "MOST_ADDRESSES", 50)
    for number in range(300):
        for _ in range(2):
            attempts.begin(f"{number} " + "x" * 5000)
        attempts.succeed(f"{number} " + "x" * 5000)
    assert len(attempts._failed) == len(attempts._successful) == 50
    assert max(map(len, attempts._failed)) < 100
    assert len(attempts._latest) <= rate_limit.MOST_NOTED


def test_wrong_tokens_from_everywhere_stop_no_program(site: Website) -> None:
    app = application(site, lambda: None)
    for stranger in STRANGERS[:250]:
        assert Browser(app, address=stranger).get("/metrics", authorization="Bearer x").status_code in (401, 429)
    assert Browser(app, address="192.0.2.2").get("/metrics", authorization=f"Bearer {TOKEN}").status_code == 200


def test_a_forwarded_address_is_believed_from_proxies_alone(site: Website) -> None:
    app = application(site, lambda: None)
    for place in range(FREE_FAILURES):
        Browser(app, address="192.0.2.7").post("/login", {"password": "x"}, x_forwarded_for=f"198.51.100.{place}")
    assert Browser(app, address="192.0.2.7").post("/login", {"password": VIEWER}).status_code == 429
    proxied = Browser(app, address="10.0.0.1").post("/login", {"password": VIEWER}, x_forwarded_for="198.51.100.1")
    assert proxied.status_code == 303
