from datetime import time
from pathlib import Path

import pytest

from config.environment import Problem, read
from config.settings import Settings


def settings(**environ: str) -> Settings:
    found, problems = read({f"TREADMILL_{name}": value for name, value in environ.items()})
    assert problems == []
    assert found is not None
    return found


def problems(**environ: str) -> list[str]:
    return [str(problem) for problem in read({f"TREADMILL_{name}": value for name, value in environ.items()})[1]]


def test_defaults_are_those_that_are_promised() -> None:
    found = settings()
    assert found.database_url.get_secret_value() == "sqlite:///treadmill.db"
    assert (found.schedule.sync, found.timezone, found.web.host, found.web.port) == (
        "*/15 * * * *",
        "UTC",
        "127.0.0.1",
        8080,
    )
    assert (found.privacy.people, found.privacy.text) == ("pseudonym", "store")
    assert found.business_hours.spans[0] == (0, time(8), time(18))
    assert len(found.business_hours.spans) == 5


def test_every_problem_is_told_at_once() -> None:
    found = problems(
        DATABSE_URL="x", TIMEZONE="Mars/Olympus", SCHEDULE__SYNC="often", BUSINESS_HOURS="always", HOURLY_RATE="-1",
        LOG__LEVEL="loud", SOURCES__JIRA="x", WEB__HOST="0.0.0.0", DATABASE_URL="mysql://u:verysecret@h/d",
    )  # fmt: skip
    assert len(found) == 9
    assert any("DATABSE_URL is unknown; did you mean TREADMILL_DATABASE_URL?" in text for text in found)
    assert not any("verysecret" in text for text in found)


def test_values_of_sources_stay_text() -> None:
    assert settings(SOURCES__JIRA__TOKEN="007").sources == {"jira": {"token": "007"}}


def test_secrets_come_from_files(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("correct horse\n")
    found = settings(WEB__PASSWORD_FILE=str(file), SOURCES__JIRA__TOKEN_FILE=str(file))
    assert found.web.password is not None
    assert found.web.password.get_secret_value() == "correct horse"
    assert found.sources["jira"]["token"] == "correct horse"


def test_rules_file_is_a_setting_and_not_a_file_to_read() -> None:
    assert settings(RULES_FILE="/etc/rules.toml").rules_file == "/etc/rules.toml"


@pytest.mark.parametrize("content", [None, "", b"\xff\xfe\x00"])
def test_a_secret_file_that_is_missing_empty_or_no_text_is_told(tmp_path: Path, content: str | bytes | None) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    [text] = problems(WEB__PASSWORD_FILE=str(file))
    assert text.startswith("TREADMILL_WEB__PASSWORD_FILE names a")


def test_a_value_and_its_file_together_are_refused(tmp_path: Path) -> None:
    [text] = problems(WEB__PASSWORD="long enough", WEB__PASSWORD_FILE=str(tmp_path))
    assert "keep one" in text


def test_secrets_do_not_show() -> None:
    found = settings(
        DATABASE_URL="postgresql+psycopg://u:hidden1@h/d", WEB__PASSWORD="hidden2hidden", NOTIFY__URLS="json://hidden3"
    )
    assert "hidden" not in repr(found)
    assert not any("hidden" in text for text in problems(WEB__PASSWORD="hidden"))


@pytest.mark.parametrize(
    "hours", ["Mon-Fri 8-18", "Fri-Mon 08:00-18:00", "Mon 18:00-08:00", "Xyz 08:00-18:00", "Mon 08:00-25:00"]
)
def test_business_hours_that_make_no_sense_are_refused(hours: str) -> None:
    [text] = problems(BUSINESS_HOURS=hours)
    assert text.startswith("TREADMILL_BUSINESS_HOURS ")


def test_business_hours_of_several_spans() -> None:
    spans = settings(BUSINESS_HOURS="Mon-Thu 08:00-17:00, Fri 8:00-14:00").business_hours.spans
    assert spans[-1] == (4, time(8), time(14))


def test_a_page_that_listens_to_others_needs_a_password_or_a_proxy() -> None:
    assert problems(WEB__HOST="0.0.0.0")[0].startswith("TREADMILL_WEB__HOST must be loopback, unless")
    assert settings(WEB__HOST="0.0.0.0", WEB__AUTH="proxy").web.auth == "proxy"
    assert settings(WEB__HOST="::1").web.password is None


def test_names_are_read_in_any_case_and_empty_values_are_unset() -> None:
    found, none = read({"treadmill_timezone": "Europe/Paris", "TREADMILL_WEB__PASSWORD": ""})
    assert (none, found and found.timezone) == ([], "Europe/Paris")


def test_a_problem_reads_as_a_sentence() -> None:
    assert str(Problem("TREADMILL_X", "must be set")) == "TREADMILL_X must be set"


def test_a_list_of_urls_is_parted_where_the_next_one_begins() -> None:
    settings, problems = read({"TREADMILL_NOTIFY__URLS": "mailto://u:p@h?to=a,b json://h/x,\nntfy://t ,"})
    assert problems == []
    assert settings
    urls = [url.get_secret_value() for url in settings.notify.urls]
    assert urls == ["mailto://u:p@h?to=a,b", "json://h/x", "ntfy://t"]
