"""Terms as HTML: CommonMark without raw HTML, without pictures, and with links to web pages and mail only."""

from functools import cache
from urllib.parse import urlsplit

from django.utils.safestring import SafeString
from markdown_it import MarkdownIt

SCHEMES = {"https", "http", "mailto", ""}


@cache
def _reader() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "html_block", "html_inline"])
    made.validateLink = _is_allowed  # type: ignore[method-assign]  # the library's own way
    return made


def _is_allowed(url: str) -> bool:
    try:
        return urlsplit(url.strip()).scheme.lower() in SCHEMES
    except ValueError:
        return False


def html(markdown: str) -> SafeString:
    """What stands in a document; its headings begin below the page's own."""
    tokens = _reader().parse(markdown)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"} and token.tag == "h1":
            token.tag = "h2"
    made = str(_reader().renderer.render(tokens, _reader().options, {}))
    return SafeString(made)  # the reader escapes everything that is not its own
