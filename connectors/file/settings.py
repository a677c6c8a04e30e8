"""What a source of files can be told."""

import codecs
import hashlib
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import available_timezones

import orjson
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from connectors.base import SourceSettings
from connectors.file.columns import FIELDS, ONLY_IN_EVENTS
from connectors.model import Kind, StatusCategory

SAMPLE_TIME = datetime(2024, 2, 29, 13, 30)  # noqa: DTZ001 - only to try out a format


def _parts(value: object) -> object:
    """Several paths may be written with commas."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _object(value: Any) -> Any:
    """A JSON object arrives from the environment as text."""
    if not isinstance(value, str):
        return value
    try:
        found = orjson.loads(value)
    except orjson.JSONDecodeError as problem:
        raise ValueError(f'is no valid JSON ({problem}); write it like {{"one": "two"}}') from None
    if isinstance(found, dict):
        return found
    raise ValueError('must be a JSON object, e.g. {"one": "two"}')


def _to_fields(columns: dict[str, str]) -> dict[str, str]:
    for column, field in columns.items():
        if field not in (*FIELDS, *ONLY_IN_EVENTS):
            raise ValueError(f'maps "{column}" to "{field}", which is no field; there are {", ".join(FIELDS)}')
    doubled = sorted({field for field in columns.values() if list(columns.values()).count(field) > 1})
    if doubled:
        raise ValueError(f"must name one column a field; two are named for {', '.join(doubled)}")
    return columns


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is no IANA time zone, e.g. Europe/Paris")
    return name


def _time_format(text: str) -> str:
    try:
        datetime.strptime(SAMPLE_TIME.strftime(text), text)  # noqa: DTZ007 - only to try out the format
    except ValueError as problem:
        raise ValueError(f"is no format of strptime, e.g. %d.%m.%Y %H:%M: {problem}") from None
    if "%" not in text:
        raise ValueError("is no format of strptime, e.g. %d.%m.%Y %H:%M: it has no directive")
    return text


def _encoding(name: str) -> str:
    if name.lower().replace("_", "-") == "utf-8-sig":
        return "utf-8"
    try:
        one_byte = "\n".encode(name) == b"\n"
    except LookupError:
        raise ValueError("is no encoding that Python knows, e.g. utf-8, cp1252 or latin-1") from None
    if not one_byte:
        raise ValueError("must be an encoding with line ends of one byte: save the file as UTF-8")
    return codecs.lookup(name).name


def _delimiter(text: str) -> str:
    sign = {"tab": "\t", r"\t": "\t"}.get(text, text)
    if len(sign) != 1 or sign in '"\r\n':
        raise ValueError('must be one character other than ", or the word tab')
    return sign


class FileSettings(SourceSettings):
    """Field names are variable names in lower case. A file is read whole: `since` and `overlap` cut nothing."""

    path: Annotated[tuple[str, ...], BeforeValidator(_parts), Field(min_length=1)] = Field(
        description="A file or glob of .jsonl, .jsonl.gz, .csv or .csv.gz; several with commas. ** spans directories."
    )
    columns: Annotated[dict[str, str], BeforeValidator(_object), AfterValidator(_to_fields)] = Field(
        default_factory=dict,
        description='The files\' columns by the field they hold, as JSON: {"number": "id", "created": "opened_at"}.',
    )
    events: bool = Field(
        default=False, description="Whether the files are an event log: several lines a ticket, each with its time at."
    )
    date_format: Annotated[str, AfterValidator(_time_format)] | None = Field(
        default=None, description="How times are written that are not ISO 8601, for strptime: %d.%m.%Y %H:%M."
    )
    timezone: Annotated[str, AfterValidator(_zone)] | None = Field(
        default=None, description="IANA zone of times without an offset. Without it a line with such a time is refused."
    )
    status_map: Annotated[dict[str, StatusCategory], BeforeValidator(_object)] = Field(
        default_factory=dict,
        description='Status category by status, as JSON: {"With vendor": "waiting"}. Others are judged by their words.',
    )
    kind_map: Annotated[dict[str, Kind], BeforeValidator(_object)] = Field(
        default_factory=dict,
        description='Kind by the files\' own kind, as JSON: {"INC": "incident"}. Others are judged by their words.',
    )
    encoding: Annotated[str, AfterValidator(_encoding)] = Field(
        default="utf-8", description="How the files are encoded. A byte order mark is accepted."
    )
    delimiter: Annotated[str, AfterValidator(_delimiter)] | None = Field(
        default=None,
        description="What separates the columns of CSV: one character, or tab. Default: found by the header.",
    )

    @model_validator(mode="after")
    def _event_fields_in_event_logs(self) -> "FileSettings":
        stray = sorted({*self.columns.values()} & {*ONLY_IN_EVENTS}) if not self.events else []
        if stray:
            raise ValueError(f"COLUMNS names {', '.join(stray)}, which only an event log has: set EVENTS=true")
        return self

    def fingerprint(self) -> str:
        """A short text that changes whenever the same files would be read in another way."""
        reading = self.model_dump_json(exclude={"path", "since", "overlap"})
        return hashlib.sha256(reading.encode()).hexdigest()[:16]
