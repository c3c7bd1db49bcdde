"""What a span can be. Scripts' themes give each class its style."""

from __future__ import annotations

HEADINGS = ("heading1", "heading2", "heading3", "heading4", "heading5", "heading6")
CODE_BLOCK = "code.block"
CONTINUED = "continued"
"""Second word of the first span of a code line that goes on a line too long for the screen."""

CODE_CLASSES = (
    "code.keyword",
    "code.type",
    "code.builtin",
    "code.string",
    "code.number",
    "code.comment",
    "code.name",
    "code.name.function",
    "code.name.class",
    "code.name.decorator",
    "code.name.attribute",
    "code.name.tag",
    "code.operator",
    "code.punctuation",
    "code.heading",
    "code.inserted",
    "code.deleted",
    "code.prompt",
    "code.output",
    "code.error",
)

INLINE = ("link", "strong", "emphasis", "strikethrough", "code")
"""These combine, with each other, a heading and a table's header, as words in this order."""

CLASSES = frozenset(
    {
        *HEADINGS,
        *INLINE,
        "link.url",
        "quote",
        "list.marker",
        "rule",
        "table.border",
        "table.header",
        CODE_BLOCK,
        CONTINUED,
        *CODE_CLASSES,
    }
)
"""Every word a span's class is made of; plain text has the class ""."""
