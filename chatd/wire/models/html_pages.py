"""Pages for browsers, which proxies and wrong ports answer with: what they say, never their source."""

from __future__ import annotations

import html
import re

_PAGE = re.compile(
    r"\s*<(?:!doctype|!--|\?xml|(?:html|head|body|title|meta|link|script|style|h\d|center|div|p|pre|table|span|font)\b)",
    re.IGNORECASE,
)
_TITLE = re.compile(r"<title[^>]*>([^<]*)", re.IGNORECASE)
_NOT_SHOWN = re.compile(r"<(script|style|head)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>?")
_MAX_PAGE = 8 * 1024
"""Characters of a page that are looked at."""


def page_words(text: str) -> str | None:
    """What a page says: its title, or else its text. None for what is no page."""
    if not _PAGE.match(text[:_MAX_PAGE]):
        return None
    page = text[:_MAX_PAGE]
    title = _TITLE.search(page)
    said = title[1].strip() if title else ""
    return html.unescape(said or _TAG.sub(" ", _NOT_SHOWN.sub(" ", page))).strip() or "a page without words"
