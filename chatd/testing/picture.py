"""A screen as text that people can read and compare: the rows between edges, then where which styles are."""

from __future__ import annotations

from itertools import groupby

from chatd.testing.screen import Screen


def picture(screen: Screen) -> str:
    """Rows between edges; below them for each row its styled columns, from and to, both counted from 0."""
    edge = f"+{'-' * screen.columns}+"
    column, row = screen.cursor
    rows = [f"|{line}" for line in screen.lines]
    return "\n".join([edge, *rows, edge, f"cursor {column},{row}", *_styles(screen), ""])


def _styles(screen: Screen) -> list[str]:
    told = []
    for y in range(screen.rows):
        styles = ["+".join(sorted(screen.cell(x, y)[1])) for x in range(screen.columns)]
        at, parts = 0, []
        for style, group in groupby(styles):
            width = len(list(group))
            if style:
                parts.append(f"{at}-{at + width - 1} {style}")
            at += width
        if parts:
            told.append(f"row {y}: " + ", ".join(parts))
    return told
