"""The settings of the service: one nested model, every field with its description."""

import re
from datetime import time, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from apscheduler.triggers.cron import CronTrigger
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_BETWEEN_URLS = re.compile(r"[\s,]+(?=[a-zA-Z][a-zA-Z0-9+.-]*://|$)")
_HOURS = re.compile(r"([a-z]{3})(?:-([a-z]{3}))?\s+(\d{1,2}:\d{2})-(\d{1,2}:\d{2})", re.IGNORECASE)


def _cron(text: str) -> str:
    try:
        CronTrigger.from_crontab(text)
    except ValueError as problem:
        raise ValueError(f"is no cron expression of five fields, e.g. */15 * * * *: {problem}") from None
    return text


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is no IANA time zone, e.g. Europe/Paris")
    return name


def _database(url: SecretStr) -> SecretStr:
    try:
        driver = make_url(url.get_secret_value()).drivername
    except ArgumentError:
        driver = ""
    if driver not in ("sqlite", "postgresql+psycopg"):
        raise ValueError("must begin with sqlite:/// or postgresql+psycopg://")
    return url


def _words(value: object) -> object:
    return value.replace(",", " ").split() if isinstance(value, str) else value


def _urls(value: object) -> object:
    """Parts a list of URLs where the next one begins: a comma or a space may be part of a URL."""
    return [url for url in _BETWEEN_URLS.split(value.strip()) if url] if isinstance(value, str) else value


Network = IPv4Network | IPv6Network


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class BusinessHours(Section):
    """When the organisation works: `(weekday, from, to)`, Monday is 0, local time."""

    spans: tuple[tuple[int, time, time], ...]

    @model_validator(mode="before")
    @classmethod
    def _parse(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return {"spans": [span for part in value.split(",") for span in _spans(part.strip())]}


def _spans(text: str) -> list[tuple[int, time, time]]:
    found = _HOURS.fullmatch(text)
    if not found or found[1].lower() not in DAYS or (found[2] or "mon").lower() not in DAYS:
        raise ValueError("must read like 'Mon-Fri 08:00-18:00' or 'Mon-Thu 08:00-17:00, Fri 08:00-14:00'")
    first, last = DAYS.index(found[1].lower()), DAYS.index((found[2] or found[1]).lower())
    begin, end = (time.fromisoformat(clock.zfill(5)) for clock in (found[3], found[4]))
    if first > last or begin >= end:
        raise ValueError("days and hours must run forward, e.g. Mon-Fri 08:00-18:00")
    return [(day, begin, end) for day in range(first, last + 1)]


Cron = Annotated[str, AfterValidator(_cron)]


class Schedule(Section):
    """When the worker does what, in the time zone of the settings."""

    sync: Cron = Field(default="*/15 * * * *", description="When to pull what has changed, as cron expression.")
    census: Cron = Field(
        default="30 2 * * *", description="When to compare all ids with the source, as cron expression."
    )
    learn: Cron = Field(
        default="30 4 * * sun", description="When to learn from the decided tickets anew, as cron expression."
    )
    digest: Cron = Field(default="0 7 * * mon", description="When to send the weekly digest, as cron expression.")


class Privacy(Section):
    """What of people and texts reaches the disk."""

    people: Literal["pseudonym", "name", "none"] = Field(
        default="pseudonym", description="Persons are stored as keyed hash, by name, or not at all."
    )
    text: Literal["store", "fingerprint"] = Field(
        default="store",
        description="With fingerprint, titles, descriptions and resolutions are stored as hashed words.",
    )
    key: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Secret key of the hashes. Unset: made once and kept in a file beside the SQLite database, "
        "with PostgreSQL in ~/.local/state/treadmill.",
    )


class Web(Section):
    """Where the page is served, who may see it, and who may change what a person may say."""

    password: SecretStr | None = Field(default=None, min_length=8, description="Password of the page, to look.")
    editor_password: SecretStr | None = Field(
        default=None, min_length=8, description="Password of the page, to look and to change: labels, words on cycles."
    )
    token: SecretStr | None = Field(default=None, min_length=16, description="Bearer token of the API and of /metrics.")
    session: timedelta = Field(
        default=timedelta(hours=12),
        ge=timedelta(minutes=5),
        le=timedelta(days=30),
        description="How long a login lasts, as ISO 8601 duration.",
    )
    auth: Literal["password", "proxy"] = Field(
        default="password", description="With proxy, a reverse proxy in front authenticates."
    )
    proxies: Annotated[tuple[Network, ...], BeforeValidator(_words)] = Field(
        default=(ip_network("127.0.0.1/32"), ip_network("::1/128")),
        description="Addresses or networks of the reverse proxies that are believed, separated by spaces or commas.",
    )
    proxy_header: str = Field(
        default="X-Forwarded-User",
        pattern="^[A-Za-z0-9-]+$",
        description="With TREADMILL_WEB__AUTH=proxy, the header in which the proxy names the user.",
    )
    editors: Annotated[tuple[str, ...], BeforeValidator(_words)] = Field(
        default=(),
        description="With TREADMILL_WEB__AUTH=proxy, the users who may change; * means all.",
    )
    url: str | None = Field(
        default=None,
        pattern="^https?://[^/?#]+$",
        description="Address at which people reach the page, e.g. https://treadmill.example.com.",
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on. Any but loopback needs a password.")
    port: int = Field(default=8080, ge=1, le=65535, description="Port to listen on.")

    @field_validator("host")
    @classmethod
    def _closed_unless_opened(cls, host: str, others: ValidationInfo) -> str:
        known = others.data
        locked = known.get("password") or known.get("editor_password") or known.get("auth") == "proxy"
        if host not in LOOPBACK and not locked:
            raise ValueError("must be loopback, unless TREADMILL_WEB__PASSWORD is set or TREADMILL_WEB__AUTH is proxy")
        return host

    @property
    def is_open(self) -> bool:
        """Whether whoever sits at this machine may see and change everything: loopback, and nothing else was said."""
        return self.auth == "password" and self.password is None and self.editor_password is None


class Notify(Section):
    """Where alerts and the weekly digest go."""

    urls: Annotated[tuple[SecretStr, ...], BeforeValidator(_urls)] = Field(
        default=(), description="Apprise URLs, separated by spaces or commas."
    )


class Log(Section):
    """What the service says of its work."""

    format: Literal["auto", "json", "console"] = Field(
        default="auto", description="auto: console on a terminal, else json."
    )
    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least level that is shown."
    )


class Settings(Section):
    """All that an operator may say, but for the sources, whose variables their connectors know."""

    database_url: Annotated[SecretStr, AfterValidator(_database)] = Field(
        default=SecretStr("sqlite:///treadmill.db"),
        description="sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME.",
    )
    sources: dict[str, dict[str, str]] = Field(default={}, description="The ticketing systems to read.")
    schedule: Schedule = Schedule()
    timezone: Annotated[str, AfterValidator(_zone)] = Field(
        default="UTC", description="IANA time zone in which days, weeks and months are cut."
    )
    business_hours: BusinessHours = Field(
        default=BusinessHours.model_validate("Mon-Fri 08:00-18:00"), description="When the organisation works."
    )
    hourly_rate: float | None = Field(default=None, gt=0, description="Cost of an hour of work; adds money to hours.")
    currency: str | None = Field(
        default=None, pattern="^[A-Z]{3}$", description="ISO 4217 code of the hourly rate, e.g. EUR."
    )
    rules_file: str | None = Field(
        default=None, description="The organisation's own classification rules, a TOML file."
    )
    privacy: Privacy = Privacy()
    web: Web = Web()
    notify: Notify = Notify()
    log: Log = Log()

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the settings."""
        return ZoneInfo(self.timezone)
