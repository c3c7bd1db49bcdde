"""Markdown laid out for tests, in one feed or in pieces, and written down with its classes."""

from __future__ import annotations

from chatd.screen.markdown import MarkdownLine, MarkdownWrapper


def lay_out(text: str, columns: int = 40, piece: int = 0) -> list[MarkdownLine]:
    """The lines of a finished text, fed at once or in pieces of that many characters."""
    wrapper = MarkdownWrapper(columns)
    for at in range(0, len(text), piece or len(text) or 1):
        wrapper.feed(text[at : at + (piece or len(text))])
    wrapper.finish()
    return wrapper.lines


def plain(lines: list[MarkdownLine]) -> list[str]:
    """What a terminal without colours shows."""
    return ["".join([text for text, _ in line]) for line in lines]


def marked(lines: list[MarkdownLine]) -> list[str]:
    """Lines with their classes: "{strong:bold} text"."""
    return ["".join([f"{{{name}:{text}}}" if name else text for text, name in line]) for line in lines]
