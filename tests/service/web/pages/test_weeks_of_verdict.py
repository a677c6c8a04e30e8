"""The weeks of a number beside those of a verdict that 13 weeks hold too few failures for."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from fastapi import FastAPI

from service.report.document import report
from service.report.html import as_html
from service.store.queries.scopes import Scope
from service.store.results import report_cache
from tests.service.pipeline.world import World
from tests.service.web.browser import Browser

NOTE = "The verdict is about 26 weeks, since 13 hold too few failures for one."


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_numbers_name_their_weeks_where_the_verdict_is_about_more(
    app_of: Callable[..., FastAPI], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = plain(Browser(app_of()).get("/evidence").text)
    figures = usual[usual.index('aria-label="Key figures"') :].split("</section>")[0]
    assert figures.count('<span class="when">13 weeks</span>') == figures.count('class="figure"') > 3
    assert NOTE not in usual
    with world.analyst.snapshot(Scope(), world.as_of) as snapshot:
        document = report(snapshot)
    wide = replace(document, verdict=replace(document.verdict, weeks=26))
    assert NOTE in plain(as_html(wide))
    assert NOTE not in plain(as_html(document))
    monkeypatch.setattr("service.report.page_sections.build_report", lambda *_: wide)
    with world.database.write() as connection:
        report_cache.clear(connection)
    assert all(NOTE in plain(Browser(app_of()).get(path).text) for path in ("/", "/evidence"))
