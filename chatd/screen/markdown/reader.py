"""The code of a document that grows, each block as it is written there."""

from __future__ import annotations

from collections.abc import Callable

from chatd.screen.markdown.code import CodeBlock
from chatd.screen.markdown.document import MarkdownWrapper
from chatd.screen.markdown.highlight import Highlighter
from chatd.screen.markdown.starts import Start
from chatd.screen.markdown.styled import MarkdownLine

_COLUMNS = 80  # nobody sees the lines that are laid out on the way


class CodeReader(MarkdownWrapper):
    """Reads Markdown and hands the text of fenced code to `found`, a blank line between two blocks."""

    def __init__(self, found: Callable[[str], None]) -> None:
        super().__init__(_COLUMNS, highlighted=0)
        self._found = found
        self._blocks = 0

    def _code_block(self, start: Start) -> CodeBlock:
        if start.kind != "fence":  # lines that are only indented may be anything
            return super()._code_block(start)
        self._blocks += 1
        return _Read(self._found, first=self._blocks == 1)


class _Read(CodeBlock):
    """A block that hands on what it is fed; between its lines, not behind the last one."""

    def __init__(self, found: Callable[[str], None], *, first: bool) -> None:
        super().__init__(_COLUMNS, Highlighter("", 0))
        self._found = found
        self._before = "" if first else "\n\n"

    def feed(self, text: str) -> list[MarkdownLine]:
        self._found(self._before + text)
        self._before = ""
        return []

    def end_line(self) -> list[MarkdownLine]:
        self._found(self._before)
        self._before = "\n"
        return []
