"""A view of a store with the evidence behind its numbers, and the tickets that its links lead to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from service.analysis.findings import Finding, collect_findings
from service.analysis.weeks import parse_weeks
from service.report.evidence import ReportEvidence
from service.report.sections.cycles import CyclesSection
from service.store.queries import ticket_lists
from service.store.queries.scopes import parse_scope
from service.store.queries.snapshot import Snapshot
from service.store.queries.statistics import MAX_NAMED
from service.store.queries.ticket_lists import Row
from service.web.html.drilldown import finding_links
from service.web.pages.tickets import ticket_query
from service.web.selection import View
from service.web.website import Website

ALL = 1_000_000
NUMBER = re.compile(r"(?:n = |latest )?([\d,]+)(?: tickets?)?(?: since)?")


@dataclass(frozen=True)
class Evidenced:
    """A view of a store, with the evidence that its numbers come from."""

    site: Website
    view: View
    snapshot: Snapshot
    collected: ReportEvidence

    def count(self, about: str, **query: str) -> int:
        """Return the number of tickets in a list."""
        return len(self._rows(self.snapshot, {"about": about, **query}))

    def rows(self, url: str) -> list[Row]:
        """The tickets of the list that a link leads to."""
        link = httpx.URL(url)
        assert link.path == "/tickets"
        query = dict(link.params)
        period = parse_weeks(query.get("weeks"), query.get("until"))
        snapshot = self.site.analyst.stored_snapshot(parse_scope(query.get("scope", "all")), period)
        assert snapshot is not None
        return self._rows(snapshot, query)

    def _rows(self, snapshot: Snapshot, query: dict[str, str]) -> list[Row]:
        with self.site.database.read() as connection:
            return ticket_lists.list_tickets(connection, ticket_query(self.site, snapshot, query), ALL)


def check_findings(evidenced: Evidenced) -> Sequence[Finding]:
    """Compare every finding with the list that it links to, and return the findings."""
    section = evidenced.site.section(CyclesSection, evidenced.view)
    assert section is not None
    findings = collect_findings(evidenced.collected.evidence)
    for finding in findings:
        links = finding_links(evidenced.view, finding, section.cycles)
        assert links.tickets is not None
        rows = evidenced.rows(links.tickets)
        shown = NUMBER.fullmatch(links.label)
        assert shown is not None
        assert (finding.sentence, int(shown[1].replace(",", ""))) == (finding.sentence, len(rows))
        assert {*finding.ids} <= {row["id"] for row in rows}
        if finding.kind in ("misfiled", "pingpong"):
            assert len(finding.ids) == min(MAX_NAMED, len(rows))
    return findings
