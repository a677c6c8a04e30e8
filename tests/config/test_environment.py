"""Variables become settings, and every fault of them is a sentence."""

import json
from collections.abc import Mapping
from datetime import time
from pathlib import Path

import pytest
from pydantic import BaseModel, model_validator

from config.catalogue import list_variables, service_variables
from config.environment import ConfigurationError, Problem, read, validate
from config.settings import Settings
from connectors.file.settings import FileSettings
from connectors.jira.settings import JiraSettings
from connectors.servicenow.settings import ServiceNowSettings
from service.runtime.configuration import configure


def read_all(environ: Mapping[str, str]) -> Settings:
    settings, source = read(environ)
    assert source.problems == []
    assert settings is not None
    return settings


def settings(**environ: str) -> Settings:
    return read_all({f"TREADMILL_{name}": value for name, value in environ.items()})


def problems(**environ: str) -> list[str]:
    _, source = read({f"TREADMILL_{name}": value for name, value in environ.items()})
    return [str(problem) for problem in source.problems]


def test_defaults_are_those_that_are_promised() -> None:
    defaults = settings()
    assert defaults.database_url.get_secret_value() == "sqlite:///treadmill.db"
    assert (defaults.schedule.sync, defaults.timezone) == ("*/15 * * * *", "UTC")
    assert (defaults.web.host, defaults.web.port) == ("127.0.0.1", 8080)
    assert (defaults.privacy.people, defaults.privacy.text) == ("pseudonym", "store")
    assert defaults.business_hours.spans[0] == (0, time(8), time(18))
    assert len(defaults.business_hours.spans) == 5


def test_every_default_passes_the_check_of_its_setting() -> None:
    defaults = Settings().model_dump()
    assert Settings.model_validate(defaults) == Settings()


def test_every_problem_is_reported_at_once() -> None:
    texts = problems(
        DATABSE_URL="x", TIMEZONE="Mars/Olympus", SCHEDULE__SYNC="often", BUSINESS_HOURS="always", HOURLY_RATE="-1",
        LOG__LEVEL="loud", SOURCES__JIRA="x", WEB__HOST="0.0.0.0", DATABASE_URL="mysql://u:verysecret@h/d",
    )  # fmt: skip
    assert len(texts) == 9
    assert any("DATABSE_URL is unknown; did you mean TREADMILL_DATABASE_URL?" in text for text in texts)
    assert not any("verysecret" in text for text in texts)


def test_problems_come_files_first_then_names_then_values(tmp_path: Path) -> None:
    texts = problems(WEB__PORT="x", TIMEZON="UTC", WEB__TOKEN_FILE=str(tmp_path / "none"), HOURLY_RATE="0")
    assert [text.split()[0] for text in texts] == [
        "TREADMILL_WEB__TOKEN_FILE", "TREADMILL_TIMEZON", "TREADMILL_HOURLY_RATE", "TREADMILL_WEB__PORT",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["007", "1e3", "true", "null", '{"On hold": "waiting"}', '["a"]'])
def test_values_of_sources_stay_text(text: str) -> None:
    assert settings(SOURCES__JIRA__TOKEN=text).sources == {"jira": {"token": text}}


def test_digits_stay_text_in_settings_of_the_service() -> None:
    password = settings(WEB__PASSWORD="0123456789").web.password
    assert password is not None
    assert password.get_secret_value() == "0123456789"
    assert settings(WEB__EDITORS="007,ada").web.editors == ("007", "ada")


@pytest.mark.parametrize("name", ["SOURCES", "SOURCES__JIRA", "SOURCES____URL", "SOURCES__JIRA__URL__X"])
def test_a_variable_of_a_source_names_source_and_setting(name: str) -> None:
    [text] = problems(**{name: "{}"})
    assert text.startswith(f"TREADMILL_{name} must read TREADMILL_SOURCES__<NAME>__<SETTING>, e.g. ")


@pytest.mark.parametrize("name", ["WEB", "WEB__PORT__X", "BUSINESS_HOURS__SPANS", "LOG_LEVEL"])
def test_a_section_or_a_part_of_a_setting_is_not_a_variable(name: str) -> None:
    [text] = problems(**{name: "{}"})
    assert text.startswith(f"TREADMILL_{name} is unknown")


def test_sources_are_read_where_the_rest_is_wrong() -> None:
    none, source = read({"TREADMILL_WEB__PORT": "x", "TREADMILL_SOURCES__JIRA__URL": "https://x"})
    assert none is None
    assert source.sources == {"jira": {"url": "https://x"}}


def test_settings_of_code_read_no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TREADMILL_TIMEZONE", "Europe/Paris")
    monkeypatch.setenv("TREADMILL_NONSENSE", "x")
    assert Settings().timezone == "UTC"
    assert Settings(hourly_rate=80).timezone == "UTC"


def test_secrets_come_from_files(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("correct horse\n")
    from_files = settings(WEB__PASSWORD_FILE=str(file), SOURCES__JIRA__TOKEN_FILE=str(file))
    assert from_files.web.password is not None
    assert from_files.web.password.get_secret_value() == "correct horse"
    assert from_files.sources["jira"]["token"] == "correct horse"


def test_rules_file_is_a_setting_and_not_a_file_to_read() -> None:
    assert settings(RULES_FILE="/etc/rules.toml").rules_file == "/etc/rules.toml"


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("WEB__PROXIES", "foo, 10.0.0.1/8", "must hold addresses or networks only, e.g. 10.0.0.7 or 10.0.0.0/8"),
        ("WEB__PASSWORD", "s3cret", "needs 8 characters or more"),
        ("WEB__EDITOR_PASSWORD", "s3cret", "needs 8 characters or more"),
        ("WEB__TOKEN", "s3cret", "needs 16 characters or more"),
        ("PRIVACY__KEY", "s3cret", "needs 16 characters or more"),
        ("HOURLY_RATE", "80,50", "must be a number: write 80.50"),
        ("HOURLY_RATE", "inf", "must be a number, e.g. 80.50"),
        ("HOURLY_RATE", "0", "must be greater than 0"),
        ("SUPPORT_COST", "ninety", "must be a number, e.g. 80.50"),
        ("SUPPORT_COST", "-1", "must be greater than 0"),
        ("WEB__PORT", "http", "must be a whole number"),
        ("WEB__PORT", "0", "must be 1 or more"),
        ("WEB__PORT", "65536", "must be 65535 or less"),
        ("WEB__AUTH", "ldap", "must be 'password' or 'proxy'"),
        ("WEB__SESSION", "PT1M", "must be 5 minutes or more"),
    ],
)
def test_a_wrong_value_is_met_with_a_sentence_of_our_own(name: str, value: str, text: str) -> None:
    assert problems(**{name: value}) == [f"TREADMILL_{name} {text}"]


def test_a_wrong_value_of_a_file_names_the_variable_that_was_set(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("s3cret\n")
    [text] = problems(WEB__TOKEN_FILE=str(file))
    assert text == "TREADMILL_WEB__TOKEN_FILE names a file whose text needs 16 characters or more"
    environ = {"URL_FILE": str(file), "TOKEN": "t"}
    with pytest.raises(ConfigurationError) as raised:
        configure({f"TREADMILL_SOURCES__JIRA__{name}": value for name, value in environ.items()})
    assert str(raised.value).startswith("TREADMILL_SOURCES__JIRA__URL_FILE names a file whose text must begin with ")


def test_the_least_length_of_a_secret_stands_in_its_meaning() -> None:
    least = {
        name: least
        for name, info in list_variables(Settings)
        for least in info.metadata
        if hasattr(least, "min_length")
    }
    meanings = {variable.name: variable.meaning for variable in service_variables()}
    assert least.keys() > {"TREADMILL_WEB__PASSWORD", "TREADMILL_WEB__TOKEN"}
    assert [
        name for name, bound in least.items() if f"at least {bound.min_length} characters" not in meanings[name]
    ] == []


@pytest.mark.parametrize("content", [None, "", b"\xff\xfe\x00"])
def test_a_secret_file_that_is_missing_empty_or_not_text_is_a_problem(
    tmp_path: Path, content: str | bytes | None
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    [text] = problems(WEB__PASSWORD_FILE=str(file))
    assert text.startswith("TREADMILL_WEB__PASSWORD_FILE names a")


def test_a_value_and_its_file_together_are_refused(tmp_path: Path) -> None:
    [text] = problems(WEB__PASSWORD="long enough", WEB__PASSWORD_FILE=str(tmp_path))
    assert "keep one" in text


@pytest.mark.parametrize(("name", "example"), [("CURRENCY", "EUR"), ("WEB__PROXY_HEADER", "X-")])
def test_a_value_of_the_wrong_form_is_met_with_the_meaning_and_an_example(name: str, example: str) -> None:
    [text] = problems(**{name: "a wrong/value"})
    assert text.startswith(f"TREADMILL_{name} has the wrong form; expected: ")
    assert f"e.g. {example}" in text
    assert "pattern" not in text


def test_the_wrong_form_of_a_part_is_met_with_the_meaning_of_the_whole() -> None:
    _, [problem] = validate(
        ServiceNowSettings, {"url": "https://x", "user": "u", "password": "p", "tables": "In Box"}, "X__"
    )
    assert str(problem).startswith("X__TABLES has the wrong form; expected: Task tables to read")


@pytest.mark.parametrize("model", [Settings, FileSettings, JiraSettings, ServiceNowSettings])
def test_every_setting_with_a_pattern_gives_an_example(model: type[BaseModel]) -> None:
    schema = model.model_json_schema()
    models = [schema, *schema.get("$defs", {}).values()]
    properties = [value for part in models for value in part.get("properties", {}).values()]
    patterns = [value["description"] for value in properties if '"pattern"' in json.dumps(value)]
    assert [text for text in patterns if "e.g. " not in text] == []


def test_secrets_do_not_show() -> None:
    secrets = settings(
        DATABASE_URL="postgresql+psycopg://u:hidden1@h/d", WEB__PASSWORD="hidden2hidden", NOTIFY__URLS="json://hidden3"
    )
    assert "hidden" not in repr(secrets)
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
    assert settings(WEB__HOST="0.0.0.0", WEB__GENERATE_PASSWORD="true").web.needs_password


@pytest.mark.parametrize(
    ("variables", "is_open", "needs_password"),
    [
        ({}, True, False),
        ({"WEB__GENERATE_PASSWORD": "true"}, False, True),
        ({"WEB__GENERATE_PASSWORD": "true", "WEB__PASSWORD": "0123456789"}, False, False),
        ({"WEB__GENERATE_PASSWORD": "true", "WEB__EDITOR_PASSWORD": "0123456789"}, False, False),
        ({"WEB__GENERATE_PASSWORD": "true", "WEB__AUTH": "proxy"}, False, False),
    ],
)
def test_a_password_is_made_only_where_nobody_could_enter_otherwise(
    variables: dict[str, str], is_open: bool, needs_password: bool
) -> None:
    web = settings(**variables).web
    assert (web.is_open, web.needs_password) == (is_open, needs_password)


def test_passwords_that_protect_nothing_are_refused() -> None:
    same = problems(WEB__PASSWORD="0123456789", WEB__EDITOR_PASSWORD="0123456789")
    assert same[0].startswith("TREADMILL_WEB__EDITOR_PASSWORD must differ from TREADMILL_WEB__PASSWORD, or everyone")
    example = problems(WEB__PASSWORD="a password of your choice")
    assert example == ["TREADMILL_WEB__PASSWORD is still that of the example: choose your own"]


def test_names_are_read_in_any_case_and_empty_values_are_unset() -> None:
    lower = read_all({"treadmill_timezone": "Europe/Paris", "TREADMILL_WEB__PASSWORD": ""})
    assert (lower.timezone, lower.web.password) == ("Europe/Paris", None)


def test_a_problem_reads_as_a_sentence() -> None:
    assert str(Problem("TREADMILL_X", "must be set")) == "TREADMILL_X must be set"


def test_a_list_of_urls_is_split_where_the_next_one_begins() -> None:
    urls = settings(NOTIFY__URLS="mailto://u:p@h?to=a,b json://h/x,\nntfy://t ,").notify.urls
    assert [url.get_secret_value() for url in urls] == ["mailto://u:p@h?to=a,b", "json://h/x", "ntfy://t"]


def test_a_problem_of_a_whole_source_names_the_source_and_keeps_the_names_of_settings() -> None:
    class Login(BaseModel):
        @model_validator(mode="after")
        def _check(self) -> "Login":
            raise ValueError("USER and PASSWORD belong together: set both or none")

    _, [problem] = validate(Login, {}, "TREADMILL_SOURCES__DESK__")
    assert str(problem) == ("TREADMILL_SOURCES__DESK is not valid: USER and PASSWORD belong together: set both or none")
