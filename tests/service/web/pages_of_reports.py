"""Pages with numbers of a report, which several tests ask for."""

REPORT_PAGES = ("/", "/evidence", "/cycles", "/loops", "/trends", "/teams", "/review", "/sources")
