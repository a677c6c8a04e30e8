"""The classification rules of the settings: the shipped ones, and those of the organisation before them."""

from functools import cache
from importlib.resources import files
from pathlib import Path

from config.settings import Settings
from service.analysis.classify import Rules, RulesError, parse_rules

SHIPPED = "rules.toml"


def load_rules(settings: Settings) -> Rules:
    """Return the rules. Raise RulesError for a file with problems, OSError for one that cannot be read."""
    if settings.rules_file is None:
        return _shipped_rules()
    path = Path(settings.rules_file)
    return _shipped_rules().with_organisation(parse_rules(path.read_text(encoding="utf-8"), str(path)))


def list_faults(settings: Settings) -> list[str]:
    """Return every fault of the organisation's file, in words that follow "names a file"."""
    try:
        load_rules(settings)
    except RulesError as error:
        return [f"in which {problem}" for problem in error.problems]
    except UnicodeDecodeError:
        return ["that is not UTF-8 text"]
    except OSError as error:
        return [f"that cannot be read: {error.strerror or error}"]
    return []


# Every analysis asks for the rules, and the shipped ones cannot change while the process runs.
@cache
def _shipped_rules() -> Rules:
    return parse_rules(files("config").joinpath(SHIPPED).read_text(encoding="utf-8"), SHIPPED)
