"""Commands that have a page are links to it."""

from service.web.html.commands import with_links


def test_each_command_with_a_page_is_a_link_and_the_rest_is_escaped() -> None:
    html = with_links("Judge <a> (`treadmill review --sample`), or `treadmill review`, never `treadmill sync`.")

    assert html == (
        'Judge &lt;a&gt; (<a href="/review/sample">treadmill review --sample</a>), or '
        '<a href="/review">treadmill review</a>, never `treadmill sync`.'
    )
