"""Settings of a source of files."""

import codecs
import hashlib
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from connectors.base import SourceSettings, parse_object
from connectors.file.columns import AUDIT_FIELDS, FIELDS, LISTS, ONLY_IN_AUDITS, ONLY_IN_EVENTS, Form
from connectors.file.durations import Unit
from connectors.file.encoding import WIDE, widest
from connectors.file.formats import check_format

RECOGNISED = {"iso 8601", "epoch", "epoch seconds", "epoch milliseconds", "days of excel"}


def _split_paths(value: object) -> object:
    """Return a text with commas as a list of paths."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _check_columns(columns: dict[str, str]) -> dict[str, str]:
    for column, field in columns.items():
        if field not in (*FIELDS, *AUDIT_FIELDS):
            raise ValueError(f'maps "{column}" to "{field}", which is not a field; the fields are {", ".join(FIELDS)}')
    fields = [field for field in columns.values() if field not in LISTS]
    doubled = sorted({field for field in fields if fields.count(field) > 1})
    if doubled:
        raise ValueError(f"must name one column per field, but names several for {', '.join(doubled)}")
    return columns


def _check_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("must be an IANA time zone, e.g. Europe/Paris")
    return name


def _split_formats(value: object) -> object:
    """Return a text with `|` as a list of formats, without those that are recognised anyway."""
    if not isinstance(value, str):
        return value
    return [part.strip() for part in value.split(" | ") if part.strip().casefold() not in RECOGNISED]


def _check_formats(formats: tuple[str, ...]) -> tuple[str, ...]:
    for text in formats:
        check_format(text)
    return formats


def _split_words(value: object) -> object:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _check_encoding(name: str) -> str:
    if name.lower().replace("_", "-") == "utf-8-sig":
        return "utf-8"
    try:
        # Lines are cut out of the bytes, unless all of the file is decoded before.
        known_ends = "\n".encode(name) == b"\n" or codecs.lookup(name).name in WIDE
    except (LookupError, UnicodeError):
        raise ValueError("must be an encoding that Python knows, e.g. utf-8, cp1252 or latin-1") from None
    if not known_ends:
        raise ValueError("must be an encoding with line ends of one byte, or UTF-16: save the file as UTF-8")
    return widest(name)


def _parse_delimiter(text: str) -> str:
    sign = {"tab": "\t", r"\t": "\t"}.get(text, text)
    if len(sign) != 1 or sign in '"\r\n':
        raise ValueError('must be one character other than ", or the word tab')
    return sign


class FileSettings(SourceSettings):
    """Settings of a source of files. Each file is read whole, whatever `since` and `overlap` are."""

    path: Annotated[tuple[str, ...], BeforeValidator(_split_paths), Field(min_length=1)] = Field(
        description="File or glob of .jsonl, .json, .csv, .xlsx and the like, also as .gz; commas separate several, "
        "** spans directories."
    )
    columns: Annotated[dict[str, str], BeforeValidator(parse_object), AfterValidator(_check_columns)] = Field(
        default_factory=dict,
        description='Columns of the files and the fields they hold, as JSON: {"number": "id", "group.name": "team"}.',
    )
    form: Form | None = Field(
        default=None,
        description="What a line is: snapshot (a ticket), events (a ticket at the time in the field at), "
        "or audit (a change of one field). Default: snapshot.",
    )
    events: bool = Field(default=False, description="The same as FORM=events.")
    date_format: Annotated[tuple[str, ...], BeforeValidator(_split_formats), AfterValidator(_check_formats)] = Field(
        default=(),
        description="strptime formats of times, tried in turn: %d.%m.%Y %H:%M | %m/%d/%y %I:%M %p. "
        "Default: recognised.",
    )
    timezone: Annotated[str, AfterValidator(_check_zone)] | None = Field(
        default=None,
        description="IANA time zone of times without an offset. If unset, a line with such a time is refused.",
    )
    hours_unit: Unit | None = Field(
        default=None,
        description="Unit of the numbers in the field hours: hours, minutes or seconds. Default: by the column's name "
        "and values.",
    )
    nulls: Annotated[tuple[str, ...], BeforeValidator(_split_words)] = Field(
        default=(), description="Further words that mean an empty value; commas separate several."
    )
    encoding: Annotated[str, AfterValidator(_check_encoding)] | None = Field(
        default=None, description="Encoding of the files. A byte order mark is accepted. Default: recognised."
    )
    delimiter: Annotated[str, AfterValidator(_parse_delimiter)] | None = Field(
        default=None,
        description="Column separator of CSV files: one character, or tab. Default: recognised.",
    )
    sheet: str | None = Field(
        default=None, description="Sheet of the workbooks. Default: the first one with the required columns."
    )
    records: str | None = Field(
        default=None,
        description="Dotted path to the array of records in JSON files: data.issues. Default: recognised.",
    )

    @model_validator(mode="after")
    def _fields_of_the_form(self) -> "FileSettings":
        if self.events and self.form not in (None, "events"):
            raise ValueError(f"EVENTS=true contradicts FORM={self.form}: remove one of them")
        fields = {*self.columns.values()}
        if stray := sorted(fields & {*ONLY_IN_AUDITS}) if self.form_of_lines != "audit" else []:
            raise ValueError(f"COLUMNS names {', '.join(stray)}, which only an audit log has: set FORM=audit")
        if stray := sorted(fields & {*ONLY_IN_EVENTS}) if self.form_of_lines == "snapshot" else []:
            raise ValueError(f"COLUMNS names {', '.join(stray)}, which only a log has: set EVENTS=true or FORM=audit")
        return self

    @property
    def form_of_lines(self) -> Form:
        """The form of a line, as either of the two settings says it."""
        return "events" if self.events else self.form or "snapshot"

    def fingerprint(self) -> str:
        """Return a short text that changes with every setting that changes the tickets of a file."""
        relevant = self.model_dump_json(exclude={"path", "since", "overlap"})
        return hashlib.sha256(relevant.encode()).hexdigest()[:16]
