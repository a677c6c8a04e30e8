"""Settings of a source of files."""

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.file.columns import EVENT_FIELDS, FIELDS
from connectors.file.settings import FileSettings
from connectors.model import Ticket


def settings(**values: Any) -> FileSettings:
    return FileSettings(**({"path": "tickets.jsonl"} | values))


def test_json_objects_arrive_as_text() -> None:
    parsed = settings(
        columns='{"number": "id"}',
        status_map='{"With vendor": "waiting"}',
        kind_map='{"INC": "incident"}',
        events="true",
    )

    assert parsed.columns == {"number": "id"}
    assert parsed.status_map == {"With vendor": "waiting"}
    assert parsed.kind_map == {"INC": "incident"}
    assert parsed.events is True


def test_several_paths_are_separated_by_commas() -> None:
    assert settings(path="a.jsonl, exports/*.csv ,").path == ("a.jsonl", "exports/*.csv")


def test_a_format_may_have_an_offset() -> None:
    assert settings(date_format="%d.%m.%y %H:%M %z").date_format == ("%d.%m.%y %H:%M %z",)


def test_delimiter_can_be_named() -> None:
    assert settings(delimiter="tab").delimiter == "\t"
    assert settings(delimiter=r"\t").delimiter == "\t"
    assert settings(delimiter=";").delimiter == ";"
    assert settings().delimiter is None


@pytest.mark.parametrize("name", ["UTF8", "utf_8", "utf-8-sig", "utf-8"])
def test_names_of_utf8_are_equal(name: str) -> None:
    assert settings(encoding=name).encoding == "utf-8"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"path": ""}, "path"),
        ({"path": " , "}, "path"),
        ({"columns": "{"}, "must be a JSON object"),
        ({"columns": '["id"]'}, "must be a JSON object"),
        ({"columns": '{"number": "ident"}'}, 'maps "number" to "ident", which is not a field'),
        ({"columns": '{"a": "id", "b": "id"}'}, "must name one column per field, but names several for id"),
        ({"columns": '{"changed": "at"}'}, "set EVENTS=true"),
        ({"columns": '{"number": 5}'}, "columns.number"),
        ({"status_map": '{"Open": "started"}'}, "status_map.Open"),
        ({"kind_map": '{"Bug": "bug"}'}, "kind_map.Bug"),
        ({"timezone": "CEST+1"}, "must be an IANA time zone"),
        ({"date_format": "%d.%m.%Y %Q"}, "must be a format of strptime"),
        ({"date_format": "%H.%M.%S %d:%y"}, "it lacks the day, the month or the year"),
        ({"date_format": "%d.%m.%Y %Q"}, "%Q is no directive"),
        ({"date_format": "iso"}, "it has no directive"),
        ({"date_format": "%d.%m.%d"}, "it has a directive twice"),
        ({"encoding": "utf-16-be-sig"}, "must be an encoding that Python knows"),
        ({"encoding": "cp037"}, "save the file as UTF-8"),
        ({"events": True, "form": "audit"}, "EVENTS=true contradicts FORM=audit"),
        ({"columns": '{"was": "old"}', "events": True}, "which only an audit log has: set FORM=audit"),
        ({"hours_unit": "days"}, "hours_unit"),
        ({"encoding": "latin-99"}, "must be an encoding that Python knows"),
        ({"encoding": "base64"}, "must be an encoding that Python knows"),
        ({"delimiter": ",,"}, "must be one character"),
        ({"delimiter": '"'}, "must be one character"),
        ({"url": "https://example.com"}, "url"),
    ],
)
def test_wrong_settings_are_rejected_with_the_reason(values: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(**values)

    assert reason in str(caught.value)


def test_every_field_has_a_description() -> None:
    assert [name for name, info in FileSettings.model_fields.items() if not info.description] == []


def test_fingerprint_changes_with_relevant_settings() -> None:
    first = settings()

    assert first.fingerprint() == settings(path="elsewhere.csv", since="2020-01-01", overlap="PT1H").fingerprint()
    assert first.fingerprint() != settings(timezone="Europe/Paris").fingerprint()
    assert first.fingerprint() != settings(status_map='{"Open": "new"}').fingerprint()


def test_every_field_of_a_file_is_one_of_a_ticket() -> None:
    assert set(FIELDS) - {"hours", "transitions", "links"} <= set(Ticket.model_fields)
    assert set(EVENT_FIELDS) - set(FIELDS) == {"at", "actor"}
