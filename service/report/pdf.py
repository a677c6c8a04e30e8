"""The report as PDF: the HTML page, set on A4."""

import logging
from importlib import import_module
from typing import Any

from service.report.export_formats import ExportError

MISSING = (
    "PDF needs WeasyPrint and the library Pango: pip install 'treadmill[pdf]', and where it is not there yet "
    "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0. Or choose html and print it from a browser."
)


def as_pdf(html: str) -> bytes:
    """A page of `as_html` as PDF with tags for screen readers. Raises ExportError where WeasyPrint is not installed."""
    try:
        weasyprint: Any = import_module("weasyprint")
    except (ImportError, OSError) as problem:  # OSError: a library that it loads is not there
        raise ExportError(MISSING) from problem
    logging.getLogger("weasyprint").setLevel(logging.ERROR)  # it warns of rules that are for screens
    page = weasyprint.HTML(string=html, url_fetcher=_nothing)
    pdf: bytes = page.write_pdf(pdf_tags=True)
    return pdf


def _nothing(url: str, *_: object, **__: object) -> dict[str, Any]:
    raise ValueError(f"a report fetches nothing: {url[:80]}")
