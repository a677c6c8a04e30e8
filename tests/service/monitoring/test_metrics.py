"""A report as metrics: a fixed number of series, and no text of a ticket."""

import math
import subprocess
import sys

from prometheus_client import REGISTRY

from service.monitoring.metrics import observe_analysis, observe_delivery, observe_report
from tests.service.notify.documents import cycle, document


def shown(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


def series(name: str) -> list[dict[str, str]]:
    return [sample.labels for family in REGISTRY.collect() for sample in family.samples if sample.name == name]


def test_a_report_is_shown() -> None:
    failed, quiet = cycle("F1", outcome="did not hold"), cycle("F2", endless=False)
    observe_report(document("breaking_out", failed, quiet))
    assert shown("treadmill_verdict", state="breaking_out") == 1
    assert sum(shown("treadmill_verdict", **labels) or 0 for labels in series("treadmill_verdict")) == 1
    assert len(series("treadmill_verdict")) == 7
    assert (shown("treadmill_repeat_share"), shown("treadmill_repeat_share_low")) == (0.3, 0.2)
    assert shown("treadmill_repeat_hours_share") == 0.4
    assert shown("treadmill_repeat_hours_share_low") == 0.3
    assert math.isnan(shown("treadmill_repeat_hours_share_high") or 0)
    assert math.isnan(shown("treadmill_reactive_hours_share") or 0)
    assert shown("treadmill_endless_cycles") == 1
    assert (shown("treadmill_cycles", state="recurring"), shown("treadmill_cycles", state="broken")) == (1, 0)
    assert shown("treadmill_fixes", outcome="did not hold") == 1
    assert shown("treadmill_analysis_timestamp_seconds") == 1780300800


def test_the_costliest_cycles_are_ten_at_most_and_those_of_before_are_gone() -> None:
    observe_report(document("unclear", *(cycle(f"F{place}") for place in range(30))))
    assert len(series("treadmill_cycle_repeat_hours")) == len(series("treadmill_cycle_repeats")) == 10
    observe_report(document("unclear", cycle("F99")))
    assert series("treadmill_cycle_repeat_hours") == [{"cycle": "F99"}]


def test_analyses_and_notifications_are_counted() -> None:
    before = shown("treadmill_notifications_total", result="refused") or 0
    observe_delivery(accepted=False)
    observe_analysis(2.5)
    assert shown("treadmill_notifications_total", result="refused") == before + 1
    assert shown("treadmill_analysis_seconds") == 2.5


def test_before_the_first_report_nothing_is_a_number_and_no_event_is_missed() -> None:
    program = "import prometheus_client as of, service.monitoring.metrics; print(of.generate_latest().decode())"
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    values = dict(line.rsplit(" ", 1) for line in out.splitlines() if line.startswith("treadmill_"))
    gauges = {name: value for name, value in values.items() if "{" not in name}
    assert len(gauges) == 19
    assert set(gauges.values()) == {"NaN"}
    assert values['treadmill_notifications_total{result="refused"}'] == "0.0"
