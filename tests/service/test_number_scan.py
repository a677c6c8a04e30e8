"""The scan sees numbers that are not in format, in whatever way they were written, and passes those that are."""

import pytest

from tests.service.number_scan import page_violations, violations

IN_FORMAT = (
    "40.4 % (95 % interval 34.6 % to 46.3 %, n = 1,234 reactive tickets)",
    "the whole interval lies below 10 %", "10.04 % of the hours", "-0.31 points a week, 95 % interval -0.50 to +0.12",
    "1,239 h of work, 9.9 h of it, 0 h in July", "every 3.4 days, 12 days or more",
    "within 30 days, to within 1 %, 13 weeks", "+0.07 days a week, net flow -3",
    "EUR 86,700 at EUR 80.00 an hour (EUR 80,000 to 90,000)", "p = 0.031, p < 0.001, p = 0.0496",
    "5 April 2026, 07:30, week from 30 Mar, Apr 2026", "confidence 0.65, 0.45 times", "macro-F1 0.912 in 12.3 s",
    "INC0012345 of ITSUP-1234 and F39d19414569094, declared 2026-03-01", "https://treadmill.example.com/1234",
)  # fmt: skip
OUT_OF_FORMAT = (
    "40.3% of", "40 % of", "n = 1234", "12,34 tickets", "12345.6", "12.0 h", "3 h in all", "9.94 h", "7 days",
    "12.5 days",
    "EUR 86700", "EUR 86,700.50", "EUR 80 an hour", "p = 0.03", "of 2026-03-01", "0.1234", "12h of work", "40.30%",
    "macro-F1 0.9", "61 s",
)  # fmt: skip


@pytest.mark.parametrize("text", IN_FORMAT)
def test_a_text_in_format_passes(text: str) -> None:
    assert violations(text) == []


@pytest.mark.parametrize("text", OUT_OF_FORMAT)
def test_a_text_out_of_format_is_seen(text: str) -> None:
    assert len(violations(f"before {text} after")) == 1


def test_texts_of_tickets_may_hold_any_number() -> None:
    title = "Disk 1234 at 40% since 2026-03-01"
    assert violations(f"{title}: 3.4 h", [title]) == []
    assert len(violations(f"{title}: 3.4 h")) == 3


def test_a_page_is_scanned_with_its_labels_and_readings_but_not_its_code() -> None:
    page = """<p title="12.0 h"><code>1234</code> 40.4 %</p><figure data-hover='{"readings": ["A: 40%"], "lines": []}'>
    <svg aria-label="1234 tickets"><title>3 h</title><text class="tick">20 %</text><text>20 %</text></svg></figure>"""
    assert sorted(problem.partition(":")[0] for problem in page_violations(page)) == [
        "0 decimals instead of 1", "0 decimals instead of 1", "1 decimals instead of 0", "no space before the unit",
        "thousands are apart by a comma, and nothing else is",
    ]  # fmt: skip
