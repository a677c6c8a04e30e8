"""The report as PDF, where the library for it is."""

import sys

import pytest

from service.report.export_formats import ExportError
from service.report.html import as_html
from service.report.pdf import as_pdf
from service.report.sections.report import Report


def test_the_page_becomes_a_pdf(document: Report) -> None:
    try:
        pytest.importorskip("weasyprint")
    except OSError as problem:
        pytest.skip(f"a library of WeasyPrint is not there: {problem}")
    pdf = as_pdf(as_html(document))
    assert pdf.startswith(b"%PDF-")
    assert pdf.rstrip().endswith(b"%%EOF")


def test_without_the_library_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(ExportError, match=r"pip install 'treadmill\[pdf\]'"):
        as_pdf("<p>")
