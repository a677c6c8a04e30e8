from service.notify.alerts import Alert
from service.notify.message import Attachment, alerts_message, digest_message, trial_message
from tests.service.notify.documents import cycle, document, source

URL = "https://treadmill.example.com"


def test_alerts_come_in_one_message_each_with_its_link() -> None:
    message = alerts_message([Alert("cycle:F1", "New.", "/cycles/F1"), Alert("verdict", "Changed.", "/")], URL)
    assert message.title == "Treadmill: 2 alerts"
    assert message.body == f"New.\n{URL}/cycles/F1\n\nChanged.\n{URL}/"
    assert alerts_message([Alert("a", "New.", "/cycles/F1")], None).body == "New."


def test_of_many_alerts_the_first_are_told_and_the_others_counted() -> None:
    body = alerts_message([Alert(f"cycle:F{place}", f"New {place}.", "/") for place in range(45)], None).body
    assert body.count("New ") == 20
    assert body.endswith("And 25 more.")


def test_the_digest_says_verdict_reasons_cycles_and_what_is_not_complete() -> None:
    cycles = [*(cycle(f"F{place}") for place in range(5)), cycle("R1", work="request")]
    report = document("endless_cycles", *cycles, sources=(source("jira"), source("emea", complete=None)))
    message = digest_message(report, URL, "<p>")
    assert message.title == "Treadmill, week to 31 May 2026: endless cycles"
    assert message.file == Attachment("treadmill-2026-05-31.html", "text/html", b"<p>")
    assert message.body.startswith(
        "It is endless_cycles: so it is.\n\nHow much we can see: not counted. How much we recognise: not known.\n\n"
        "- Begin.\n\nThe greatest of 5 recurring problems:\n"
    )
    assert message.body.count('"Problem F') == 3
    assert "3 repeats in the period, keeps coming. https://treadmill.example.com/cycles/F0" in message.body
    assert 'automation or self-service:\n- "Problem R1"' in message.body
    assert "Not known to be complete: emea." in message.body


def test_a_test_message_names_the_page_or_how_to_set_it() -> None:
    assert URL in trial_message(URL).body
    assert "TREADMILL_WEB__URL" in trial_message(None).body
