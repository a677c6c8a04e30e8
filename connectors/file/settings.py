"""Settings of a source of files."""

import codecs
import hashlib
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import available_timezones

import orjson
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from connectors.base import SourceSettings
from connectors.file.columns import FIELDS, ONLY_IN_EVENTS

SAMPLE_TIME = datetime(2024, 2, 29, 13, 30)  # noqa: DTZ001 - only to try out a format


def _split_paths(value: object) -> object:
    """Return a text with commas as a list of paths."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _parse_object(value: Any) -> Any:
    """Return a text, as it comes from the environment, as a JSON object. Raise ValueError for anything else."""
    if not isinstance(value, str):
        return value
    try:
        parsed = orjson.loads(value)
    except orjson.JSONDecodeError as problem:
        raise ValueError(f'is not valid JSON ({problem}); write it like {{"one": "two"}}') from None
    if isinstance(parsed, dict):
        return parsed
    raise ValueError('must be a JSON object, e.g. {"one": "two"}')


def _check_columns(columns: dict[str, str]) -> dict[str, str]:
    for column, field in columns.items():
        if field not in (*FIELDS, *ONLY_IN_EVENTS):
            raise ValueError(f'maps "{column}" to "{field}", which is not a field; the fields are {", ".join(FIELDS)}')
    doubled = sorted({field for field in columns.values() if list(columns.values()).count(field) > 1})
    if doubled:
        raise ValueError(f"must name one column per field, but names several for {', '.join(doubled)}")
    return columns


def _check_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("must be an IANA time zone, e.g. Europe/Paris")
    return name


def _check_format(text: str) -> str:
    try:
        datetime.strptime(SAMPLE_TIME.strftime(text), text)  # noqa: DTZ007 - only to try out the format
    except ValueError as problem:
        raise ValueError(f"must be a format of strptime, e.g. %d.%m.%Y %H:%M: {problem}") from None
    if "%" not in text:
        raise ValueError("must be a format of strptime, e.g. %d.%m.%Y %H:%M: it has no directive")
    return text


def _check_encoding(name: str) -> str:
    if name.lower().replace("_", "-") == "utf-8-sig":
        return "utf-8"
    try:
        # Lines are cut out of the bytes: in UTF-16 a line end has two of them.
        one_byte = "\n".encode(name) == b"\n"
    except LookupError:
        raise ValueError("must be an encoding that Python knows, e.g. utf-8, cp1252 or latin-1") from None
    if not one_byte:
        raise ValueError("must be an encoding with line ends of one byte: save the file as UTF-8")
    return codecs.lookup(name).name


def _parse_delimiter(text: str) -> str:
    sign = {"tab": "\t", r"\t": "\t"}.get(text, text)
    if len(sign) != 1 or sign in '"\r\n':
        raise ValueError('must be one character other than ", or the word tab')
    return sign


class FileSettings(SourceSettings):
    """Settings of a source of files. Each file is read whole, whatever `since` and `overlap` are."""

    path: Annotated[tuple[str, ...], BeforeValidator(_split_paths), Field(min_length=1)] = Field(
        description="File or glob of .jsonl, .jsonl.gz, .csv or .csv.gz; commas separate several, ** spans directories."
    )
    columns: Annotated[dict[str, str], BeforeValidator(_parse_object), AfterValidator(_check_columns)] = Field(
        default_factory=dict,
        description='Columns of the files and the fields they hold, as JSON: {"number": "id", "created": "opened_at"}.',
    )
    events: bool = Field(
        default=False,
        description="Whether the files are an event log: several lines per ticket, each with its time in the field at.",
    )
    date_format: Annotated[str, AfterValidator(_check_format)] | None = Field(
        default=None, description="strptime format of times that are not ISO 8601: %d.%m.%Y %H:%M."
    )
    timezone: Annotated[str, AfterValidator(_check_zone)] | None = Field(
        default=None,
        description="IANA time zone of times without an offset. If unset, a line with such a time is refused.",
    )
    encoding: Annotated[str, AfterValidator(_check_encoding)] = Field(
        default="utf-8", description="Encoding of the files. A byte order mark is accepted."
    )
    delimiter: Annotated[str, AfterValidator(_parse_delimiter)] | None = Field(
        default=None,
        description="Column separator of CSV files: one character, or tab. Default: detected from the header.",
    )

    @model_validator(mode="after")
    def _event_fields_in_event_logs(self) -> "FileSettings":
        stray = sorted({*self.columns.values()} & {*ONLY_IN_EVENTS}) if not self.events else []
        if stray:
            raise ValueError(f"COLUMNS names {', '.join(stray)}, which only an event log has: set EVENTS=true")
        return self

    def fingerprint(self) -> str:
        """Return a short text that changes with every setting that changes the tickets of a file."""
        relevant = self.model_dump_json(exclude={"path", "since", "overlap"})
        return hashlib.sha256(relevant.encode()).hexdigest()[:16]
