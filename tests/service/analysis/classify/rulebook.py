"""The shipped rules, and tickets to try them on."""

from functools import cache
from importlib.resources import files
from typing import Any

from connectors.model import Kind, Ticket
from service.analysis.classify import Classifier, Rules, parse_rules
from tests.factory import ticket


@cache
def shipped() -> Rules:
    return parse_rules(files("config").joinpath("rules.toml").read_text(encoding="utf-8"), "rules.toml")


@cache
def classifier() -> Classifier:
    return Classifier(shipped())


def titled(title: str, kind: Kind = "other", **given: Any) -> Ticket:
    """Return a ticket with this title and kind; everything else is empty unless given."""
    return ticket(**{"title": title, "kind": kind, "source_kind": kind, "history_is": "counter", **given})
