"""Each URL by itself, and never a word of what it holds."""

import logging
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from pydantic import SecretStr

from service.notify.delivery import deliver, url_names, without_secrets
from service.notify.message import Attachment, Message
from tests.service.notify.conftest import Box

MESSAGE = Message("Title", "Body")
SECRETS = ("ann", "hunter22", "T0KEN1", "T0KEN2", "s3cret")
URL = "json://ann:hunter22@localhost:{port}/T0KEN1/T0KEN2?+X-Key=s3cret"


def urls(*texts: str) -> list[SecretStr]:
    return [SecretStr(text) for text in texts]


class Refuses(BaseHTTPRequestHandler):
    """Answers 401 to whatever is sent."""

    def do_POST(self) -> None:
        self.send_response(401)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Is silent."""


@pytest.fixture
def refusing() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Refuses)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_real_service_that_refuses_tells_why_without_its_secrets(
    refusing: int, caplog: pytest.LogCaptureFixture
) -> None:
    [result] = deliver(urls(URL.format(port=refusing)), MESSAGE)
    assert not result.accepted
    assert "401" in result.reason
    assert str(result).startswith("URL 1 (json://…): refused: ")
    assert [secret for secret in SECRETS if secret in str(result) + caplog.text] == []
    assert logging.getLogger("apprise").propagate


def test_what_nobody_listens_to_is_refused_without_secrets() -> None:
    [result] = deliver(urls(URL.format(port=1)), MESSAGE)
    assert not result.accepted
    assert result.reason
    assert [secret for secret in SECRETS if secret in str(result)] == []


def test_one_that_fails_leaves_the_others_alone(box: Box) -> None:
    results = deliver(urls("nonsense://s3cret", "box://a", "s3cret"), MESSAGE)
    assert [result.accepted for result in results] == [False, True, False]
    assert [result.name for result in results] == ["URL 1 (nonsense://…)", "URL 2 (box://…)", "URL 3"]
    assert "s3cret" not in "".join(map(str, results))
    box.fails = RuntimeError("s3cret")
    assert [str(result) for result in deliver(urls("box://a"), MESSAGE)] == ["URL 1 (box://…): refused: RuntimeError"]


def test_a_file_goes_where_files_are_taken_and_a_body_is_cut_to_what_fits(box: Box) -> None:
    message = Message("Title", "x" * 3000, Attachment("report.html", "text/html", b"<p>"))
    deliver(urls("box://a"), message)
    box.takes_files = False
    deliver(urls("box://a"), message)
    [with_file, without] = box.sent
    [file] = with_file["attach"]
    assert (file.name, file.mimetype) == ("report.html", "text/html")
    assert "attach" not in without
    assert len(without["body"]) == 2000
    assert without["body"].endswith("…")


def test_names_hold_no_secret() -> None:
    assert url_names(urls(URL, "slack://T0KEN1/T0KEN2")) == ["URL 1 (json://…)", "URL 2 (slack://…)"]


def test_secrets_are_cut_in_every_spelling() -> None:
    url = "mailto://ann:p%40ss@example.com?to=bob@example.com"
    result = without_secrets("535 ann p%40ss p@ss bob@example.com", url)
    assert "ann" not in result
    assert "p@ss" not in result
    assert "p%40ss" not in result
    assert "bob" not in result
