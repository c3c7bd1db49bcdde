"""Texts of scripts laid out in lines: what `tools` of every runtime have in common."""

from __future__ import annotations

from collections.abc import Sequence

from chatd.core.sanitize import sanitize
from chatd.errors import ScriptError
from chatd.ports import Plain
from chatd.screen.markdown import MarkdownLine, MarkdownWrapper
from chatd.screen.wrap import wrap
from chatd.tasks.scripts.arguments import whole

MAX_WRAP = 16384
"""Characters that one call lays out, where it is no row: as Markdown 0.1 s at worst."""


def wrap_text(text: str, width: int, first: int | None = None) -> Plain:
    """tools.wrap(text, width, first): `first` is the width of the first line, when it has more than the others."""
    return list(wrap(_bounded("wrap", text), max(1, whole(width)), None if first is None else whole(first)))


def layout(text: str, width: int) -> Plain:
    """tools.layout(text, width): the lines of a text in Markdown, as `tools.markdown` gives those of a row."""
    wrapper = MarkdownWrapper(max(1, whole(width)))
    wrapper.feed(_bounded("layout", text))
    wrapper.finish()
    return flat(wrapper.lines)


def flat(lines: Sequence[MarkdownLine]) -> list[Plain]:
    """Lines as they cross: each a list of text and class in turns."""
    return [[part for span in line for part in span] for line in lines]


def _bounded(function: str, text: str) -> str:
    if not isinstance(text, str):
        raise ScriptError("text must be a string")
    if len(text) > MAX_WRAP:
        raise ScriptError(f"{function} takes up to {MAX_WRAP} characters; rows have functions of their own")
    return sanitize(text)
