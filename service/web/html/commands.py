"""Commands in sentences of the analysis, as links to the pages that do the same."""

from markupsafe import Markup, escape

PAGES = {"`treadmill review --sample`": "/review/sample", "`treadmill review`": "/review"}
"""The path of the page that does what a command does."""


def with_links(sentence: str) -> Markup:
    """Return a sentence in which each command that has a page is a link to it."""
    html = str(escape(sentence))
    for command, path in PAGES.items():
        html = html.replace(command, f'<a href="{path}">{command.strip("`")}</a>')
    return Markup(html)  # noqa: S704 - escaped above
