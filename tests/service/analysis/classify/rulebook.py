"""The shipped rules, and tickets for them."""

from functools import cache
from importlib.resources import files
from typing import Any

from tests.factory import ticket
from treadmill.connectors.model import Kind, Ticket
from treadmill.service.analysis.classify import Classifier, Rules, parse


@cache
def shipped() -> Rules:
    return parse(files("treadmill.config").joinpath("rules.toml").read_text(encoding="utf-8"), "rules.toml")


@cache
def classifier() -> Classifier:
    return Classifier(shipped())


def told(title: str, kind: Kind = "other", **given: Any) -> Ticket:
    """A ticket of which only this is known."""
    return ticket(**{"title": title, "kind": kind, "source_kind": kind, "history_is": "counter", **given})
