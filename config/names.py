"""Names of variables as people mistype them, and the ones that they mean."""

from collections.abc import Iterable

from config.settings import DELIMITER, PREFIX, SOURCES_PREFIX

# The first words of settings that only a source has.
OF_SOURCES = {
    "URL", "TOKEN", "USER", "PASSWORD", "PATH", "CONNECTOR", "JQL", "TABLES", "QUERY", "SINCE", "OVERLAP", "COLUMNS",
    "USERNAME", "EMAIL", "API", "CLIENT", "STATUS", "KIND", "PRIORITY",
}  # fmt: skip
ALIASES = {
    "DB_URL": "DATABASE_URL", "DATABASE_URI": "DATABASE_URL", "DATABASE": "DATABASE_URL", "DB": "DATABASE_URL",
    "DSN": "DATABASE_URL", "TZ": "TIMEZONE", "TIME_ZONE": "TIMEZONE", "PORT": "WEB__PORT", "HOST": "WEB__HOST",
    "PASSWORD": "WEB__PASSWORD", "LOGLEVEL": "LOG__LEVEL", "LOG_LEVEL": "LOG__LEVEL", "SECRET_KEY": "PRIVACY__KEY",
}  # fmt: skip
_SOURCES = ("SOURCES", "SOURCE")


def intended_variable(name: str, names: Iterable[str]) -> str:
    """Return the variable that a mistyped one means: `TREADMILL_SOURCES_JIRA_URL` lacks underscores.

    `names` are the known ones, those of sources aside. Empty where nothing tells.
    """
    by_words = {_words(variable): variable for variable in names}
    if _words(name) in by_words:
        return by_words[_words(name)]
    sections = {words[1] for words in by_words}
    bare = name.removeprefix(PREFIX)
    if bare in ALIASES:
        return f"{PREFIX}{ALIASES[bare]}"
    words = _words(bare)
    if words and words[0] in _SOURCES:
        words = words[1:] if bare.count(DELIMITER) <= 1 or words[0] != "SOURCES" else ()
    elif len(words) < 2 or words[1] not in OF_SOURCES or words[0] in sections:
        return ""
    intended = f"{SOURCES_PREFIX}{words[0]}{DELIMITER}{'_'.join(words[1:])}" if len(words) > 1 else ""
    return "" if intended == name else intended


def _words(name: str) -> tuple[str, ...]:
    return tuple(word for word in name.split("_") if word)
