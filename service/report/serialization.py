"""Sections to JSON and back."""

import hashlib
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar

import orjson
from pydantic import TypeAdapter

from service.report.sections.cycles import CyclesSection, CycleSummary
from service.report.sections.groups import GroupsSection, LoopsSection
from service.report.sections.metrics import MetricResult
from service.report.sections.report import Overview, Report

Section = Report | Overview | CyclesSection | GroupsSection | LoopsSection
S = TypeVar("S", bound=Section)

SECTIONS: Mapping[type[object], str] = {
    Report: "report",
    Overview: "overview",
    CyclesSection: "cycles",
    GroupsSection: "groups",
    LoopsSection: "loops",
}
"""The sections with the names under which the cache stores them."""


def document_of(report: Report) -> dict[str, Any]:
    """Return a report as built-in types, in the order and the names of `report --format json`."""
    document: dict[str, Any] = TypeAdapter(Report).dump_python(report, by_alias=True)
    return document


def to_json(section: Section) -> bytes:
    """Return a section as JSON."""
    # orjson writes whole numbers of a metric as such and UTC as +00:00, as reports always had them; pydantic does not.
    if isinstance(section, Report):
        return orjson.dumps(document_of(section))
    return TypeAdapter(type(section)).dump_json(section, by_alias=True)


def from_json(kind: type[S], content: bytes) -> S:
    """Return the section that `to_json` wrote."""
    return TypeAdapter(kind).validate_json(content)


@cache
def schema_fingerprint() -> str:
    """Return a digest of the schemas of all sections: another field or type anywhere in them changes it."""
    # Of the schemas, not of a number that somebody has to raise: whoever changes a field forgets the number.
    schemas = [TypeAdapter(kind).json_schema(mode="serialization") for kind in SECTIONS]
    return hashlib.blake2b(orjson.dumps(schemas, option=orjson.OPT_SORT_KEYS), digest_size=8).hexdigest()


def field_values(part: CycleSummary | MetricResult) -> dict[str, Any]:
    """Return the fields of a part by name, to build one with more fields."""
    return {field.name: getattr(part, field.name) for field in fields(part)}
