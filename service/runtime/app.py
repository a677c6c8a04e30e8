"""Composition root: the only place that wires parts together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import AliasChoices, BaseModel

from config.environment import NEST, PREFIX, ConfigurationError, Problem, closest, read, validated
from config.settings import Settings
from connectors import registry
from connectors.base import Context, SourceSettings
from service.analysis.classify import RulesError
from service.pipeline.analyst import load_rules
from service.store import schema
from service.store.database import Database
from service.store.tickets import pseudonym_key as key
from service.store.tickets.privacy import PrivacyFilter
from service.store.tickets.writer import PageWriter
from service.sync.run import SyncContext
from service.sync.source import ConfiguredSource


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the operator said, found to be valid."""

    settings: Settings
    sources: tuple[ConfiguredSource, ...]

    def chosen(self, names: Iterable[str]) -> tuple[ConfiguredSource, ...]:
        """The sources of these names, all where none is named. Raises ConfigurationError where one is unknown."""
        wanted = [name.lower() for name in names]
        known = [source.name for source in self.sources]
        problems = [
            Problem(name, f"is no configured source{closest(name, known)}; there are: {', '.join(known) or 'none'}")
            for name in wanted
            if name not in known
        ]
        if not problems and not self.sources:
            problems.append(
                Problem(
                    f"{PREFIX}SOURCES__JIRA__URL",
                    "or another source must be set: nothing is configured. See config/env.example",
                )
            )
        if problems:
            raise ConfigurationError(problems)
        return tuple(source for source in self.sources if not wanted or source.name in wanted)


def configure(environ: Mapping[str, str]) -> Configuration:
    """The configuration of these environment variables. Raises ConfigurationError with every problem at once."""
    settings, problems = read(environ)
    problems += _rules(settings) if settings else []
    sources: list[ConfiguredSource] = []
    names = settings.privacy.people == "name" if settings else False
    for name, values in (settings.sources if settings else _sources_alone(environ)).items():
        source, found = _source(name, values, Context(source=name, person_names=names))
        problems += found
        sources += [source] if source else []
    if problems or settings is None:
        raise ConfigurationError(problems)
    return Configuration(settings, tuple(sorted(sources, key=lambda source: source.name)))


def _rules(settings: Settings) -> list[Problem]:
    """What is wrong with the organisation's rules, line by line."""
    name = f"{PREFIX}RULES_FILE"
    try:
        load_rules(settings)
    except RulesError as problem:
        return [Problem(name, f"names a file in which {told}") for told in problem.problems]
    except OSError as problem:
        return [Problem(name, f"names a file that cannot be read: {problem.strerror or problem}")]
    return []


def _sources_alone(environ: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The sources' variables, when the rest is wrong: their problems are to be told in the same breath."""
    prefix = f"{PREFIX}SOURCES{NEST}"
    own = {name: value for name, value in environ.items() if name.upper().startswith(prefix)}
    settings, _ = read(own)
    return settings.sources if settings else {}


def _source(name: str, values: Mapping[str, str], context: Context) -> tuple[ConfiguredSource | None, list[Problem]]:
    prefix = f"{PREFIX}SOURCES{NEST}{name.upper()}{NEST}"
    connector_name = values.get("connector", name).lower()
    own = {key: value for key, value in values.items() if key != "connector"}
    if connector_name not in registry.installed():
        there_are = ", ".join(registry.installed())
        return None, [Problem(f"{prefix}CONNECTOR", f"must name an installed connector: {there_are}")]
    try:
        connector = registry.load(connector_name)
    except ImportError as problem:
        return None, [Problem(f"{prefix}CONNECTOR", f"names a connector that cannot be loaded: {problem}")]
    known = names_of(connector.Settings)
    variables = [f"{prefix}{field.upper()}" for field in known]
    unknown = [
        Problem(variable, f"is unknown{closest(variable, variables)}")
        for variable in (f"{prefix}{key.upper()}" for key in own if key not in known)
    ]
    settings, problems = validated(connector.Settings, {key: own[key] for key in own if key in known}, prefix)
    if settings is None or unknown:
        return None, unknown + problems
    return ConfiguredSource(name, connector, settings, context), []


def names_of(model: type[BaseModel]) -> set[str]:
    """Every name under which a field of a model may be set, in lower case."""
    names = set(model.model_fields)
    for info in model.model_fields.values():
        alias = info.validation_alias
        if isinstance(alias, AliasChoices):
            names.update(choice for choice in alias.choices if isinstance(choice, str))
    return names


def open_store(settings: Settings) -> Database:
    """The database, reachable and up to date. Raises DatabaseError."""
    database = Database(settings.database_url.get_secret_value())
    database.check()
    schema.upgrade(database)
    return database


def open_context(settings: Settings) -> SyncContext:
    """The store with a writer that keeps to the privacy settings. Raises DatabaseError."""
    database = open_store(settings)
    given = settings.privacy.key.get_secret_value() if settings.privacy.key else None
    privacy = PrivacyFilter(settings.privacy.people, settings.privacy.text, key.load_key(database, given))
    key.verify_key(database, privacy)
    return SyncContext(database, PageWriter(database, privacy))


def connector_settings() -> dict[str, type[SourceSettings]]:
    """The settings model of every installed connector, by name."""
    return {name: registry.load(name).Settings for name in registry.installed()}
