"""Share bars: parts side by side, and what they leave of the whole."""

import re

import pytest

from service.charts.share_bar import SIZE, share_bar


@pytest.mark.parametrize(
    ("shares", "classes"),
    [
        ([0.5, 0.25], ["part-0", "part-n", "part-n"]),
        ([0.6, 0.4], ["part-0", "part-n"]),
        ([1.0], ["part-0"]),
        ([], ["part-n"]),
    ],
)
def test_parts_and_the_rest_fill_the_whole(shares: list[float], classes: list[str]) -> None:
    parts = re.findall(r'<rect class="([^"]+)" x="[^"]+" width="([^"]+)"', share_bar(shares))
    assert [class_ for class_, _ in parts] == classes
    assert sum(float(width) for _, width in parts) == pytest.approx(SIZE.width, abs=0.1)


def test_the_largest_part_is_read_out() -> None:
    assert "Largest part: 50.0 %" in share_bar([0.5, 0.25])
