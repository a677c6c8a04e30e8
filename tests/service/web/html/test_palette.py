"""Pages, the printed report and charts show the same things in the same colours."""

import re
from importlib.resources import files

from service.charts.svg import CHANGE_COLOUR, GRID_COLOUR, LINE_COLOURS, TEXT_COLOUR
from service.charts.timeline import OUTCOME_COLOURS

STATES = ("endless_cycles", "breaking_out", "under_control")


def stylesheet(package: str, *path: str) -> str:
    return files(package).joinpath(*path).read_text("utf-8")


def variables(css: str) -> dict[str, str]:
    """The colours of the first `:root`, which is that of a light screen."""
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", css.partition(":root {")[2].partition("}")[0]))


def test_the_report_has_the_colours_of_the_pages() -> None:
    pages = stylesheet("service.web", "static", "treadmill.css")
    report = stylesheet("service.report", "templates", "report.css")
    assert len(variables(report)) > 4
    assert variables(report).items() <= variables(pages).items()
    for state in STATES:
        colours = {re.findall(rf"\.{state} {{ color: ([^;]+);", css)[0] for css in (pages, report)}
        assert len(colours) == 1


def test_charts_have_the_colours_of_the_pages() -> None:
    colours = variables(stylesheet("service.web", "static", "treadmill.css"))
    assert (colours["accent"], colours["second"]) == LINE_COLOURS
    assert (colours["rule"], colours["soft"], colours["change"]) == (GRID_COLOUR, TEXT_COLOUR, CHANGE_COLOUR)
    assert {"held": colours["held"], "did not hold": colours["alarm"]} == OUTCOME_COLOURS
