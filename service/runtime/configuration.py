"""The configuration of the process: settings and sources, checked before anything begins."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import AliasChoices, BaseModel

from config.environment import ConfigurationError, Problem, read, suggest, validate
from config.settings import DELIMITER, PREFIX, SOURCES_PREFIX, Settings
from connectors import registry
from connectors.base import Connector, Context
from service.sync.source import ConfiguredSource

# What other tools call these settings.
OTHER_NAMES = {
    "TYPE": "CONNECTOR", "KIND": "CONNECTOR", "HOST": "URL", "BASE_URL": "URL", "SERVER": "URL", "INSTANCE": "URL",
    "SITE": "URL", "API_KEY": "TOKEN", "KEY": "TOKEN", "LOGIN": "USER", "FILE": "PATH", "FILES": "PATH",
    "PROJECT": "JQL", "FILTER": "JQL", "TABLE": "TABLES", "TZ": "TIMEZONE", "SEPARATOR": "DELIMITER",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Configuration:
    """Valid settings, and the sources in the order of their names."""

    settings: Settings
    sources: tuple[ConfiguredSource, ...]

    def select(self, names: Iterable[str]) -> tuple[ConfiguredSource, ...]:
        """Return the sources of these names, all if there are no names. Raise ConfigurationError for an unknown one."""
        selected = [name.lower() for name in names]
        configured = [source.name for source in self.sources]
        listed = f"(configured: {', '.join(configured) or 'none'})"
        problems = [
            Problem(name, f"is not a configured source{suggest(name, configured)} {listed}")
            for name in selected
            if name not in configured
        ]
        if not problems and not self.sources:
            variable = f"{SOURCES_PREFIX}JIRA{DELIMITER}URL"
            problems = [
                Problem(variable, "or another source must be set: nothing is configured. See config/env.example")
            ]
        if problems:
            raise ConfigurationError(problems)
        return tuple(source for source in self.sources if not selected or source.name in selected)


def configure(environ: Mapping[str, str]) -> Configuration:
    """Return the configuration of these variables. Raise ConfigurationError with every problem at once."""
    settings, variables = read(environ)
    problems = list(variables.problems)
    problems += check_rules(settings) if settings else []
    person_names = settings.privacy.people == "name" if settings else False
    sources: list[ConfiguredSource] = []
    # Also where the settings are wrong: an operator wants to correct everything in one go.
    for name, values in variables.sources.items():
        source, source_problems = _configure_source(name, values, Context(source=name, person_names=person_names))
        problems += map(variables.locate, filter(variables.accepts, source_problems))
        sources += [source] if source else []
    if problems or settings is None:
        raise ConfigurationError(problems)
    return Configuration(settings, tuple(sorted(sources, key=lambda source: source.name)))


def check_rules(settings: Settings) -> list[Problem]:
    """Return what is wrong with the organisation's rules, a problem for each line."""
    # The shipped rules are tested: parsing them would take most commands longer than their work.
    if settings.rules_file is None:
        return []
    from service.pipeline import rules  # noqa: PLC0415 - NumPy is heavy, and few have rules of their own

    return [Problem(f"{PREFIX}RULES_FILE", f"names a file {fault}") for fault in rules.list_faults(settings)]


def _configure_source(
    name: str, values: Mapping[str, str], context: Context
) -> tuple[ConfiguredSource | None, list[Problem]]:
    prefix = f"{SOURCES_PREFIX}{name.upper()}{DELIMITER}"
    connector_name = values.get("connector", name).lower()
    if connector_name not in registry.installed():
        return None, [_unknown_connector(name, values)]
    try:
        connector: type[Connector] = registry.load(connector_name)
    except ImportError as error:
        return None, [Problem(f"{prefix}CONNECTOR", f"names a connector that cannot be loaded: {error}")]
    fields = list_names(connector.Settings)
    texts = {key: text for key, text in values.items() if key != "connector"}
    variables = [f"{prefix}{field.upper()}" for field in ("connector", *fields)]
    unknown = [
        Problem(variable, f"is unknown{suggest_setting(variable, variables)}")
        for variable in (f"{prefix}{key.upper()}" for key in texts if key not in fields)
    ]
    settings, problems = validate(connector.Settings, {key: texts[key] for key in texts if key in fields}, prefix)
    if settings is None or unknown:
        return None, unknown + problems
    return ConfiguredSource(name, connector, settings, context), []


def suggest_setting(variable: str, variables: Sequence[str]) -> str:
    """Return the rest of a sentence about an unknown setting of a source: a similar one, or where it belongs."""
    setting = variable.rpartition(DELIMITER)[2]
    names = {name.rpartition(DELIMITER)[2]: name for name in variables}
    if (intended := OTHER_NAMES.get(setting, "")) in names:
        return f"; did you mean {names[intended]}?"
    # By the last part alone: a prefix that is the same in all of them makes any two names similar.
    if similar := difflib.get_close_matches(setting, names, n=1, cutoff=0.6):
        return f"; did you mean {names[similar[0]]}?"
    owners = [name for name in registry.installed() if setting.lower() in list_names(registry.load_settings(name))]
    if not owners:
        return ""
    place = next((f"; this one takes {name}" for name in ("PATH", "URL") if name in names), "")
    return f": it belongs to sources of type {', '.join(owners)}{place}"


def _unknown_connector(name: str, values: Mapping[str, str]) -> Problem:
    """Return the problem of a source whose connector, or name in place of one, is not installed."""
    installed = registry.installed()
    listed = ", ".join(installed)
    variable = f"{SOURCES_PREFIX}{name.upper()}{DELIMITER}CONNECTOR"
    if "connector" in values:
        similar = suggest(values["connector"].lower(), installed)
        return Problem(variable, f"must name an installed connector ({listed}){similar}")
    if close := difflib.get_close_matches(name, installed, n=1, cutoff=0.6):
        first = next(iter(values)).upper()
        intended = f"{SOURCES_PREFIX}{close[0].upper()}{DELIMITER}{first}"
        mistyped = f"{SOURCES_PREFIX}{name.upper()}{DELIMITER}{first}"
        return Problem(mistyped, f"belongs to no source; did you mean {intended}? Else set {variable} ({listed})")
    return Problem(variable, f"is not set: set it to one of the installed connectors ({listed})")


def list_names(model: type[BaseModel]) -> list[str]:
    """Return every name under which a field of a model may be set, in lower case."""
    names = list(model.model_fields)
    for info in model.model_fields.values():
        alias = info.validation_alias
        if isinstance(alias, AliasChoices):
            names += [choice for choice in alias.choices if isinstance(choice, str)]
    return names
