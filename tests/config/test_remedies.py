"""Wrong settings, as people make them, are answered with what to write instead."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.advice import suggest_date
from config.environment import ConfigurationError
from service.runtime.configuration import configure

JIRA = {
    "TREADMILL_SOURCES__J__CONNECTOR": "jira",
    "TREADMILL_SOURCES__J__URL": "https://x.atlassian.net",
    "TREADMILL_SOURCES__J__USER": "a@b.c",
    "TREADMILL_SOURCES__J__TOKEN": "t",
}
SERVICENOW = {
    "TREADMILL_SOURCES__S__CONNECTOR": "servicenow",
    "TREADMILL_SOURCES__S__URL": "https://x.service-now.com",
    "TREADMILL_SOURCES__S__USER": "u",
    "TREADMILL_SOURCES__S__PASSWORD": "p",
}
FILE = {"TREADMILL_SOURCES__F__CONNECTOR": "file", "TREADMILL_SOURCES__F__PATH": "tickets.csv"}
BASES = {"NOTHING": {}, "JIRA": JIRA, "SERVICENOW": SERVICENOW, "FILE": FILE}


def read_table() -> Iterator[tuple[str, str, str, str]]:
    """Yield (base, variable, value, message) of every wrong setting in the table."""
    lines = Path(__file__).with_name("wrong_settings.txt").read_text(encoding="utf-8").splitlines()[1:]
    for setting, answer in zip(lines[::2], lines[1::2], strict=True):
        base, _, assignment = setting.partition(" ")
        variable, _, value = assignment.partition("=")
        yield base, variable, value, answer.strip().replace("...", variable, 1)


def problems(environ: Mapping[str, str]) -> list[str]:
    with pytest.raises(ConfigurationError) as raised:
        configure(environ)
    return [str(problem) for problem in raised.value.problems]


@pytest.mark.parametrize(("base", "variable", "value", "message"), list(read_table()))
def test_a_wrong_setting_is_answered_with_what_to_write(base: str, variable: str, value: str, message: str) -> None:
    assert problems({**BASES[base], variable: value}) == [message]


@pytest.mark.parametrize("text", ["2 years", "2 years ago", "P2Y", "2y", "last 2 years"])
def test_a_period_is_answered_with_the_date_on_which_it_began(text: str) -> None:
    today = datetime.now(UTC).date()
    [message] = problems({**JIRA, "TREADMILL_SOURCES__J__SINCE": text})
    before, _, written = message.rpartition(" ")
    assert before == "TREADMILL_SOURCES__J__SINCE must be a date or an ISO 8601 instant: write"
    assert datetime.fromisoformat(written).year == today.year - 2


def test_days_and_months_are_counted_back() -> None:
    today = datetime.now(UTC).date()
    assert suggest_date("yesterday") == str(today - timedelta(days=1))
    assert suggest_date("2 weeks") == str(today - timedelta(days=14))
    assert datetime.fromisoformat(suggest_date("1 month")).month == (today.month - 2) % 12 + 1
    assert suggest_date("someday") == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOG__LEVEL", "INFO"), ("LOG__LEVEL", "Warn"), ("LOG__FORMAT", "JSON"), ("WEB__AUTH", "Proxy"),
        ("PRIVACY__PEOPLE", "NAME"), ("TIMEZONE", " "), ("TIMEZONE", "Europe/Paris\r"),
    ],
)  # fmt: skip
def test_case_and_blanks_do_not_matter(name: str, value: str) -> None:
    configure({f"TREADMILL_{name}": value})


def test_a_setting_whose_file_is_missing_is_reported_once() -> None:
    without = {name: value for name, value in JIRA.items() if not name.endswith("TOKEN")}
    assert problems({**without, "TREADMILL_SOURCES__J__TOKEN_FILE": "/nope/token"}) == [
        "TREADMILL_SOURCES__J__TOKEN_FILE names a file that cannot be read: /nope/token: No such file or directory"
    ]


def test_no_message_holds_a_secret() -> None:
    secret = "pg-s3cret"
    [message] = problems({"TREADMILL_DATABASE_URL": f"postgresql://u:{secret}@h/d"})
    assert secret not in message
    [message] = problems({**JIRA, "TREADMILL_SOURCES__J__URL": f"https://u:{secret}@x.atlassian.net/browse/A"})
    assert secret not in message
