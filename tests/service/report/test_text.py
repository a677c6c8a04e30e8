"""The report for a terminal: columns that hold, and numbers that stay whole."""

from dataclasses import replace
from datetime import date

from service.report.sections.metrics import LevelChange, MetricResult
from service.report.text import as_text
from tests.service.notify.documents import document, share

BACKLOG = MetricResult(
    value=52, low=None, high=None, n=52, unit="tickets", measurable=True, why_not=None,
    note="tickets that were opened before the first pull are among them only where a source still lists them",
    undecided_low=None, undecided_high=None, trend=None,
    change_point=LevelChange(date(2026, 3, 2), before=70, after=64, p=0.01),
)  # fmt: skip


def lines_of(metric: MetricResult) -> list[str]:
    text = as_text(replace(document(), metrics={"backlog": metric}))
    block = next(block for block in text.split("\n\n") if block.startswith("Metrics"))
    return block.splitlines()[1:]


def test_a_change_of_level_is_told_for_the_median_week() -> None:
    first = lines_of(replace(BACKLOG, note=None))[0]
    assert first.split(maxsplit=1) == ["Backlog", "52, n = 52; 70 in the median week before 2 March 2026, 64 since"]


def test_a_long_metric_goes_on_in_the_column_of_values() -> None:
    first, *more = lines_of(BACKLOG)
    assert more
    assert {len(line) - len(line.lstrip()) for line in more} == {first.index("52")}


def test_no_number_is_torn_at_any_width() -> None:
    for length in range(60):
        metric = replace(share(0.466, 0.4), note=f"{'x' * length} 46.6 % (n = 877)")
        text = " ".join(line.rstrip("\n") + "|" for line in lines_of(metric))
        assert "46.6|" not in text
        assert "=|" not in text
        assert "n|" not in text
