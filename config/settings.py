"""The settings of the service: one nested model in which every field has a description."""

import re
from datetime import datetime, time, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

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

PREFIX = "TREADMILL_"
DELIMITER = "__"
SOURCES_PREFIX = f"{PREFIX}SOURCES{DELIMITER}"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CRON_FIELDS = 5
OF_THE_EXAMPLES = "a password of your choice"
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
LEVEL_NAMES = {"warn": "warning", "err": "error", "fatal": "error", "critical": "error", "trace": "debug"}
_URL_SEPARATOR = re.compile(r"[\s,]+(?=[a-zA-Z][a-zA-Z0-9+.-]*://|$)")
_BUSINESS_HOURS = re.compile(r"([a-z]{3})(?:-([a-z]{3}))?\s+(\d{1,2}:\d{2})-(\d{1,2}:\d{2})", re.IGNORECASE)


def _check_cron(text: str) -> str:
    from cronsim import CronSim, CronSimError  # noqa: PLC0415 - the default needs no check

    problem = "is not a cron expression of five fields, e.g. */15 * * * *"
    if (number := len(text.split())) != CRON_FIELDS:
        raise ValueError(f"is not a cron expression of five fields but of {number}, e.g. */15 * * * *")
    try:
        if next(CronSim(text, datetime(2000, 1, 1)), None) is None:  # noqa: DTZ001 - local time has no zone
            raise ValueError(f"{problem}, or has no next moment")
    except CronSimError as error:
        raise ValueError(f"is not a cron expression ({str(error).lower()}), e.g. */15 * * * *") from None
    return text


def _check_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is not an IANA time zone, e.g. Europe/Paris")
    return name


def _check_database_url(url: SecretStr) -> SecretStr:
    import sqlalchemy as sa  # noqa: PLC0415 - heavy, and the default needs no check

    try:
        driver = sa.make_url(url.get_secret_value()).drivername
    except sa.exc.ArgumentError:
        driver = ""
    if driver not in ("sqlite", "postgresql+psycopg"):
        raise ValueError("must begin with sqlite:/// or postgresql+psycopg://")
    return url


def _split_words(value: object) -> object:
    return value.replace(",", " ").split() if isinstance(value, str) else value


def _split_urls(value: object) -> object:
    # A comma or a space may be part of a URL: only what stands before the next scheme separates two.
    return [url for url in _URL_SEPARATOR.split(value.strip()) if url] if isinstance(value, str) else value


def _fold_case(value: object) -> object:
    return value.strip().casefold() if isinstance(value, str) else value


def _fold_level(value: object) -> object:
    folded = _fold_case(value)
    return LEVEL_NAMES.get(folded, folded) if isinstance(folded, str) else folded


def _check_page_url(url: str) -> str:
    """Return the address of the pages. Raise ValueError for anything but scheme and host."""
    if re.fullmatch(r"[\w-]+(\.[\w-]+)+(:\d+)?/?|localhost(:\d+)?/?", url):
        raise ValueError(f"must begin with https:// or http://: write https://{url.rstrip('/')}")
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise ValueError("must be an address, e.g. https://treadmill.example.com")
    base = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    if url != base:
        raise ValueError(f"must be scheme and host alone, without a path or a slash at its end: write {base}")
    return url


Network = IPv4Network | IPv6Network


class Section(BaseModel):
    """A group of settings, whose name stands in the middle of its variables: `TREADMILL_WEB__PORT`."""

    # Built when the first value is read: a list of the settings needs no validators.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)


class BusinessHours(Section):
    """The working hours of the organisation: `(weekday, from, to)` in local time, Monday is 0."""

    spans: tuple[tuple[int, time, time], ...]

    @model_validator(mode="before")
    @classmethod
    def _parse(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return {"spans": [span for part in value.split(",") for span in _parse_spans(part.strip())]}


def _parse_spans(text: str) -> list[tuple[int, time, time]]:
    match = _BUSINESS_HOURS.fullmatch(text)
    if not match or match[1].lower() not in DAYS or (match[2] or "mon").lower() not in DAYS:
        raise ValueError("must read like 'Mon-Fri 08:00-18:00' or 'Mon-Thu 08:00-17:00, Fri 08:00-14:00'")
    first, last = DAYS.index(match[1].lower()), DAYS.index((match[2] or match[1]).lower())
    try:
        begin, end = (time.fromisoformat(clock.zfill(5)) for clock in (match[3], match[4]))
    except ValueError:
        raise ValueError("must have times from 00:00 to 23:59, e.g. Mon-Fri 08:00-18:00") from None
    if first > last or begin >= end:
        raise ValueError("days and hours must run forward, e.g. Mon-Fri 08:00-18:00")
    return [(day, begin, end) for day in range(first, last + 1)]


# Constructed, as the sections below are by factories: to validate it here would build its model for every command.
WORKING_WEEK = BusinessHours.model_construct(spans=tuple((day, time(8), time(18)) for day in range(5)))

Cron = Annotated[str, AfterValidator(_check_cron)]


class Schedule(Section):
    """The times of the worker's jobs, in the time zone of the settings."""

    sync: Cron = Field(default="*/15 * * * *", description="Cron expression of the pulls of changed tickets.")
    census: Cron = Field(
        default="30 2 * * *", description="Cron expression of the census, which compares all ids with each source."
    )
    learn: Cron = Field(default="30 4 * * sun", description="Cron expression of the training on decided tickets.")
    digest: Cron = Field(default="0 7 * * mon", description="Cron expression of the weekly digest.")


class Privacy(Section):
    """The form in which people and texts reach the disk."""

    people: Annotated[Literal["pseudonym", "name", "none"], BeforeValidator(_fold_case)] = Field(
        default="pseudonym", description="Store people as a keyed hash, by name, or not at all."
    )
    text: Annotated[Literal["store", "fingerprint"], BeforeValidator(_fold_case)] = Field(
        default="store",
        description="With fingerprint, titles, descriptions and resolutions are stored as hashed words only.",
    )
    key: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Secret key of the hashes, at least 16 characters. Default: generated once and kept in a file "
        "beside the SQLite database, with PostgreSQL in ~/.local/state/treadmill.",
    )

    @property
    def configured_key(self) -> str | None:
        """The key in clear, None where a file of the database's own holds it."""
        return self.key.get_secret_value() if self.key else None


class Web(Section):
    """The address of the pages, and the people who may view and change them."""

    # Above `host`, whose check reads them: pydantic validates in this order.
    password: SecretStr | None = Field(
        default=None, min_length=8, description="Password for viewing the pages, at least 8 characters."
    )
    editor_password: SecretStr | None = Field(
        default=None,
        min_length=8,
        description="Password for viewing the pages and changing labels and cycles, at least 8 characters.",
    )
    generate_password: bool = Field(
        default=False,
        description="Where no password is set, make one that opens the pages for changes, store it beside the key of "
        "the hashes and log it once. The container image sets it.",
    )
    token: SecretStr | None = Field(
        default=None, min_length=16, description="Bearer token of the API and of /metrics, at least 16 characters."
    )
    session: timedelta = Field(
        default=timedelta(hours=12),
        ge=timedelta(minutes=5),
        le=timedelta(days=30),
        description="Lifetime of a login, as an ISO 8601 duration.",
    )
    auth: Annotated[Literal["password", "proxy"], BeforeValidator(_fold_case)] = Field(
        default="password", description="With proxy, a reverse proxy in front of Treadmill authenticates users."
    )
    proxies: Annotated[tuple[Network, ...], BeforeValidator(_split_words)] = Field(
        default=(ip_network("127.0.0.1/32"), ip_network("::1/128")),
        description="Addresses or networks of the trusted reverse proxies, separated by spaces or commas.",
    )
    proxy_header: str = Field(
        default="X-Forwarded-User",
        pattern="^[A-Za-z0-9-]+$",
        description="With TREADMILL_WEB__AUTH=proxy, the header in which the proxy passes the user's name, "
        "e.g. X-Forwarded-User.",
    )
    editors: Annotated[tuple[str, ...], BeforeValidator(_split_words)] = Field(
        default=(),
        description="With TREADMILL_WEB__AUTH=proxy, the users who may make changes, separated by spaces or commas; "
        "* means everyone.",
    )
    url: Annotated[str, AfterValidator(_check_page_url)] | None = Field(
        default=None,
        description="Address under which people open the pages, without a path or a slash at its end, "
        "e.g. https://treadmill.example.com.",
    )
    host: str = Field(
        default="127.0.0.1", description="Address to listen on. Any but loopback needs a password or a proxy."
    )
    port: int = Field(default=8080, ge=1, le=65535, description="Port to listen on.")

    @field_validator("password", "editor_password")
    @classmethod
    def _refuse_example(cls, password: SecretStr | None) -> SecretStr | None:
        # Everybody can read it in the examples.
        if password is not None and password.get_secret_value() == OF_THE_EXAMPLES:
            raise ValueError("is still that of the example: choose your own")
        return password

    @field_validator("editor_password")
    @classmethod
    def _tell_editors_apart(cls, password: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if password is not None and password == info.data.get("password"):
            raise ValueError(
                "must differ from TREADMILL_WEB__PASSWORD, or everyone who may look may change: set another one, or "
                "TREADMILL_WEB__EDITOR_PASSWORD alone"
            )
        return password

    @field_validator("host")
    @classmethod
    def _require_login(cls, host: str, info: ValidationInfo) -> str:
        values = info.data
        passwords = ("password", "editor_password", "generate_password")
        # A password that is refused has its own message.
        has_login = any(values.get(name, True) for name in passwords) or values.get("auth") == "proxy"
        if host not in LOOPBACK and not has_login:
            raise ValueError("must be loopback, unless TREADMILL_WEB__PASSWORD is set or TREADMILL_WEB__AUTH is proxy")
        return host

    @property
    def is_open(self) -> bool:
        """True if everybody at this machine may view and change everything: no password, no proxy."""
        return self._is_without_login and not self.generate_password

    @property
    def needs_password(self) -> bool:
        """True if nobody can enter until a password is made."""
        return self._is_without_login and self.generate_password

    @property
    def _is_without_login(self) -> bool:
        return self.auth == "password" and self.password is None and self.editor_password is None


class Notify(Section):
    """The receivers of alerts and the weekly digest."""

    urls: Annotated[tuple[SecretStr, ...], BeforeValidator(_split_urls)] = Field(
        default=(),
        description="Apprise URLs that receive alerts and the weekly digest, separated by spaces or commas.",
    )


class Log(Section):
    """The form and amount of the log."""

    format: Annotated[Literal["auto", "json", "console"], BeforeValidator(_fold_case)] = Field(
        default="auto", description="auto means console on a terminal and json elsewhere."
    )
    level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_fold_level)] = Field(
        default="info", description="Lowest level that is logged."
    )


class Settings(Section):
    """All settings of the service; those of a source are checked by its connector."""

    database_url: Annotated[SecretStr, AfterValidator(_check_database_url)] = Field(
        default=SecretStr("sqlite:///treadmill.db"),
        description="Database: sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME.",
    )
    sources: dict[str, dict[str, str]] = Field(default={}, description="The ticketing systems to read.")
    schedule: Schedule = Field(default_factory=Schedule)
    timezone: Annotated[str, AfterValidator(_check_zone)] = Field(
        default="UTC", description="IANA time zone in which days, weeks and months begin."
    )
    business_hours: BusinessHours = Field(default=WORKING_WEEK, description="Working hours of the organisation.")
    hourly_rate: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="Cost of one hour of work; adds money to hours."
    )
    support_cost: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="Cost of the whole of support in a month; money is then this cost times the share of work.",
    )
    currency: str | None = Field(
        default=None, pattern="^[A-Z]{3}$", description="ISO 4217 code of the hourly rate and of the cost, e.g. EUR."
    )
    rules_file: str | None = Field(
        default=None,
        description="TOML file of your own classification rules, which take precedence over the shipped ones.",
    )
    privacy: Privacy = Field(default_factory=Privacy)
    web: Web = Field(default_factory=Web)
    notify: Notify = Field(default_factory=Notify)
    log: Log = Field(default_factory=Log)

    @property
    def unused(self) -> tuple[str, ...]:
        """The settings that have no effect beside others, each in a sentence."""
        if self.hourly_rate is None or self.support_cost is None:
            return ()
        rate, cost = f"{PREFIX}HOURLY_RATE", f"{PREFIX}SUPPORT_COST"
        return (f"{rate} is not used, since {cost} is set too and hours can be estimates: all money is by {cost}.",)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the settings."""
        return ZoneInfo(self.timezone)
