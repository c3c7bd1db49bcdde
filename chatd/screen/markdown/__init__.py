"""Markdown for terminals, laid out while it streams.

Blocks are read line by line by a machine of our own (`starts`, `document`), for parsers want the whole text; what is
within a paragraph is CommonMark's (`units`, `inline`); code is coloured line by line (`highlight`). All of it costs
linear work, however small the pieces: finished blocks are never looked at again, open ones only at their end.
"""

from chatd.screen.markdown.classes import CLASSES
from chatd.screen.markdown.document import MarkdownWrapper
from chatd.screen.markdown.styled import MarkdownLine, Span

__all__ = ["CLASSES", "MarkdownLine", "MarkdownWrapper", "Span"]
