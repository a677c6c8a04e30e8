"""The dashboard and the rules use metrics and labels that exist."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml  # type: ignore[import-untyped]
from prometheus_client.metrics import MetricWrapperBase

from service.analysis import cycles, fixes, sentence
from service.analysis.families import visibility
from service.monitoring import metrics as findings
from service.sync import metrics as sync
from service.sync import run

GRAFANA = Path(__file__).parents[2] / "docker" / "grafana"
DASHBOARD: dict[str, Any] = json.loads((GRAFANA / "dashboard.json").read_text(encoding="utf-8"))
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((GRAFANA / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]  # fmt: skip
NAME = re.compile(r"\btreadmill_\w+")
SELECTED = re.compile(r"\b(treadmill_\w+)\{([^}]*)\}")
MATCHER = re.compile(r'(\w+)="([^"]*)"')
GROUPED = re.compile(r"by \(([^)]*)\) \((?:increase\()?(treadmill_\w+)")
VALUES = {
    ("treadmill_verdict", "state"): get_args(sentence.State),
    ("treadmill_cycles", "state"): get_args(cycles.State),
    ("treadmill_fixes", "outcome"): get_args(fixes.Outcome),
    ("treadmill_visibility", "by"): get_args(visibility.VisibleBy),
    ("treadmill_notifications_total", "result"): ("accepted", "refused"),
    ("treadmill_runs_total", "outcome"): get_args(run.Outcome),
}


def exposed() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield every name that /metrics exposes with its labels."""
    for module in (sync, findings):
        for metric in vars(module).values():
            if isinstance(metric, MetricWrapperBase):
                name, labels = metric._name, tuple(metric._labelnames)
                endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(
                    str(metric._type), ("",)
                )
                yield from ((f"{name}{ending}", labels) for ending in endings)


EXPOSED = dict(exposed())
EXPRESSIONS = [
    *(target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]),
    *(rule["expr"] for rule in RULES),
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_metric_label_and_value_that_is_named_exists(expression: str) -> None:
    names = set(NAME.findall(expression))
    assert names
    assert names - EXPOSED.keys() == set()
    for name, selectors in SELECTED.findall(expression):
        for label, value in MATCHER.findall(selectors):
            assert label in EXPOSED[name]
            assert value in VALUES[name, label]
    for labels, name in GROUPED.findall(expression):
        # Prometheus adds the instance to every series.
        assert {label.strip() for label in labels.split(",")} <= {*EXPOSED[name], "instance"}
    assert expression.count("(") == expression.count(")")


def test_every_finding_is_on_the_dashboard() -> None:
    shown = {
        name for panel in DASHBOARD["panels"] for target in panel["targets"] for name in NAME.findall(target["expr"])
    }
    metrics = {metric._name for metric in vars(findings).values() if isinstance(metric, MetricWrapperBase)}
    assert {name for name in EXPOSED if name.removesuffix("_total") in metrics} - shown == set()


def test_panels_do_not_overlap_and_have_ids_of_their_own() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken
        assert at["x"] + at["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_every_rule_says_how_bad_it_is_and_what_it_means() -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES) > 5
    assert {rule["labels"]["severity"] for rule in RULES} <= {"info", "warning", "critical"}
    assert all(rule["annotations"]["summary"].strip() for rule in RULES)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool of Prometheus is not installed")
@pytest.mark.parametrize("arguments", [("check", "rules", "alerts.yml"), ("test", "rules", "alerts.test.yml")])
def test_prometheus_takes_the_rules_and_each_fires_when_it_should(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(["promtool", *arguments], cwd=GRAFANA, capture_output=True, text=True, check=False)  # noqa: S607 - a program of the path, our arguments
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_rule_is_tested() -> None:
    tested = yaml.safe_load((GRAFANA / "alerts.test.yml").read_text(encoding="utf-8"))["tests"]
    fired = {check["alertname"] for test in tested for check in test["alert_rule_test"] if check.get("exp_alerts")}
    assert fired == {rule["alert"] for rule in RULES}
