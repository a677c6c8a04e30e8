"""The report as PDF: the HTML page, set on A4."""

import logging
from importlib import import_module
from typing import Any

from service.report.export_formats import ExportError

MISSING = (
    "PDF needs WeasyPrint and the library Pango: pip install 'treadmill[pdf]', and where Pango is missing "
    "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0. Or choose html and print it from a browser."
)


def as_pdf(html: str) -> bytes:
    """Return a page of `as_html` as PDF with tags for screen readers. Raises ExportError without WeasyPrint."""
    try:
        weasyprint: Any = import_module("weasyprint")
    # An OSError comes from a shared library of the system that WeasyPrint loads and does not find.
    except (ImportError, OSError) as problem:
        raise ExportError(MISSING) from problem
    # It warns of every rule of the style sheet that is for screens only.
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    page = weasyprint.HTML(string=html, url_fetcher=_refuse)
    pdf: bytes = page.write_pdf(pdf_tags=True)
    return pdf


def _refuse(url: str, *_: object, **__: object) -> dict[str, Any]:
    # A title could hold a URL of the internal network, which the server must not request for a reader.
    raise ValueError(f"reports fetch nothing, not even {url[:80]}")
