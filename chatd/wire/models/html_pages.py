"""Extracts the words of HTML pages, with which proxies and wrong ports answer."""

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
"""Characters of a page that are read."""


def page_words(text: str) -> str | None:
    """The title of an HTML page, or else its text; None for a text that is no HTML page."""
    if not _PAGE.match(text[:_MAX_PAGE]):
        return None
    page = text[:_MAX_PAGE]
    title = _TITLE.search(page)
    said = title[1].strip() if title else ""
    return html.unescape(said or _TAG.sub(" ", _NOT_SHOWN.sub(" ", page))).strip() or "a page without words"
