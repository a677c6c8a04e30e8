"""Linked work that is no fix so far, beside the fixes of its cycle."""

from collections.abc import Callable

from fastapi import FastAPI

from connectors.model import Link
from service.report import export_rows
from service.report.document import report
from service.report.html import as_html
from service.store.queries.scopes import Scope
from tests.factory import ticket
from tests.service.pipeline.world import World, closed, opened
from tests.service.web.browser import Browser

Opened = Callable[..., FastAPI]
TIE = (Link(relation="fixes", target="m1"),)


def write_linked_work(world: World, changes: int) -> None:
    """Write a resolved task of undecided nature and open changes, all of them linked to the problem of the company."""
    task = ticket("t", kind="task", title="Gateway", description="It is slow.", opened_at=opened(3), links=TIE)
    work = (
        ticket(f"c{day}", kind="change", title=f"Upgrade {day}", opened_at=opened(day), links=TIE)
        for day in range(changes)
    )
    world.write(closed(task, 4), *work)
    world.analyse()


def test_pending_work_is_counted_and_named_on_the_page_in_the_api_the_report_and_the_export(
    app_of: Opened, world: World
) -> None:
    write_linked_work(world, changes=6)
    browser, name = Browser(app_of()), world.family("m1").name
    first = {"ticket": "INCt", "title": "Gateway", "state": "resolved, nature undecided"}
    later = [{"ticket": f"INCc{day}", "title": f"Upgrade {day}", "state": "open"} for day in (5, 4, 3, 2)]
    expected = {"count": 7, "tickets": [first, *later]}
    assert browser.get(f"/api/v1/cycles/{name}").json()["cycle"]["pending_fixes"] == expected
    shown = browser.get(f"/cycles/{name}").text
    assert "7 tickets linked as a" in shown
    assert "of which the first 5:" in shown
    assert '>INCt</a> Gateway <span class="muted">resolved, nature undecided</span>' in shown
    assert '>INCc2</a> Upgrade 2 <span class="muted">open</span>' in shown
    assert ">INCc1<" not in shown
    assert "7 linked</a>, open or undecided" in browser.get("/cycles").text
    with world.analyst.snapshot(Scope(), world.as_of) as snapshot:
        [row] = export_rows.cycles(snapshot)
        assert as_html(report(snapshot)).count("INCc2 (open) and 2 more.") == 1
    assert row["pending_fixes"] == ["INCt resolved, nature undecided", *(f"INCc{day} open" for day in (5, 4, 3, 2))]


def test_a_cycle_without_linked_work_says_nothing_of_it(app_of: Opened, world: World) -> None:
    browser, name = Browser(app_of()), world.family("m1").name
    assert browser.get(f"/api/v1/cycles/{name}").json()["cycle"]["pending_fixes"] == {"count": 0, "tickets": []}
    assert "none so far" not in browser.get(f"/cycles/{name}").text
