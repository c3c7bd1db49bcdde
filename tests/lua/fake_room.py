"""What the fake host keeps and what is drawn on it: rows of a log, and the frame of a screen."""

from __future__ import annotations

from dataclasses import dataclass, field

from chatd.core.sanitize import sanitize, sanitize_line
from chatd.ports import Plain
from chatd.screen import widths

START_MS = 1_800_000_000_000


@dataclass
class Row:
    """A row of the fake log."""

    seq: int
    author: str
    content: str
    method: str = "message.user"
    status: str = "complete"
    tool_name: str | None = None
    thought: str = ""
    meta: dict[str, Plain] = field(default_factory=dict)
    created: int = START_MS
    parent: Row | None = None

    def view(self) -> dict[str, Plain]:
        parent = None if self.parent is None else f"row{self.parent.seq}"
        return {
            "id": f"row{self.seq}", "buffer_id": "b-lobby", "seq": self.seq, "parent_id": parent, "mention_id": None,
            "content_method": self.method, "author": self.author, "tool_name": self.tool_name,
            "content": sanitize(self.content)[:4096], "length": len(self.content.encode()), "status": self.status,
            "created_at": self.created, "finished_at": None,
            "meta": {**self.meta, **({"thought": len(self.thought)} if self.thought else {})} or None,
        }  # fmt: skip


@dataclass
class Frame:
    """What one `on_frame` drew."""

    width: int
    height: int
    lines: list[str] = field(default_factory=list)
    styles: list[list[tuple[str, str]]] = field(default_factory=list)
    cursor: tuple[int, int] = (0, 0)
    flowing: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.lines = [""] * self.height
        self.styles = [[] for _ in range(self.height)]

    def put(self, y: int, *spans: str, flows: bool = False) -> None:
        (self.flowing.add if flows else self.flowing.discard)(y)
        pairs = [(spans[i], spans[i + 1] if i + 1 < len(spans) else "") for i in range(0, len(spans), 2)]
        if 0 <= y < self.height:
            self.lines[y] = widths.clip("".join(sanitize_line(text) for text, _ in pairs), self.width).rstrip()
            self.styles[y] = pairs

    def chat(self) -> list[str]:
        """The lines over the status line, without the blank ones at the top."""
        lines = self.lines[:-2]
        while lines and not lines[0]:
            lines = lines[1:]
        return lines

    def style_of(self, text: str) -> str:
        """The style of the first span that is exactly this text, or else has it."""
        spans = [span for line in self.styles for span in line]
        exact = [style for shown, style in spans if shown.strip() == text]
        return exact[0] if exact else next(style for shown, style in spans if text in shown)

    def __contains__(self, text: str) -> bool:
        return any(text in line for line in self.lines)

    def __str__(self) -> str:
        return "\n".join(self.lines)


def shown(frame: Frame) -> list[int]:
    """The numbers of the rows `line N` that can be seen, from the top."""
    return [int(line.split("line ")[1].split()[0]) for line in frame.lines if " bob " in line and "line " in line]
