"""A flame graph: which functions a program was in, and for how much of the time, as one SVG that needs nothing else.

Stacks are folded first: `outer;inner 12` says that 12 samples were in `inner`, called by `outer`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape
from zlib import crc32

WIDTH = 1400
HEIGHT = 17
"""Pixels: of the whole, and of a frame."""

LETTER = 6.6
"""Pixels of a letter of the font."""

SMALLEST = 0.3
"""Narrower frames are not drawn: nobody sees them, and they are most of the file."""

TOP = 40


@dataclass
class Node:
    """A function where it was called from: samples in it and in what it called."""

    samples: int = 0
    calls: dict[str, Node] = field(default_factory=dict)


def folded(stacks: Iterable[Sequence[str]]) -> Counter[str]:
    """Stacks, each with its innermost function first, as counted texts."""
    return Counter(";".join(frame.replace(";", ",") for frame in reversed(stack)) for stack in stacks)


def as_lines(stacks: Mapping[str, int]) -> str:
    """One line for each, as other programs for flame graphs read them."""
    return "".join(f"{stack} {samples}\n" for stack, samples in sorted(stacks.items()))


def tree(stacks: Mapping[str, int]) -> Node:
    """All stacks laid over each other."""
    root = Node()
    for stack, samples in sorted(stacks.items()):
        root.samples += samples
        node = root
        for frame in stack.split(";"):
            node = node.calls.setdefault(frame, Node())
            node.samples += samples
    return root


def svg(stacks: Mapping[str, int], title: str) -> str:
    """The drawing: outer functions at the top, the ones they call below. Pointing at one tells its name and share."""
    root = tree(stacks)
    drawn = list(_rectangles(root, max(1, root.samples), 0.0, 0))
    height = TOP + (2 + max((depth for depth, _ in drawn), default=0)) * HEIGHT
    return "\n".join((
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}">',
        "<style>text{font:11px monospace;pointer-events:none}rect{stroke:#fff;stroke-width:.5}</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="8" y="24" style="font-size:15px">{escape(title)}, {root.samples} samples</text>',
        *(rectangle for _, rectangle in drawn),
        "</svg>\n",
    ))  # fmt: skip


def _rectangles(node: Node, whole: int, left: float, depth: int) -> Iterator[tuple[int, str]]:
    """Depth and drawing of all that a function calls, side by side from `left` on."""
    for name, call in sorted(node.calls.items(), key=lambda item: (-item[1].samples, item[0])):
        width = call.samples / whole * WIDTH
        if width >= SMALLEST:
            yield depth, _rectangle(name, call.samples / whole, left, width, TOP + depth * HEIGHT)
            yield from _rectangles(call, whole, left, depth + 1)
        left += width


def _rectangle(name: str, share: float, left: float, width: float, top: float) -> str:
    fits = int((width - 4) / LETTER)
    short = re.sub(r".*?([^/:]+:[^:]+)$", r"\1", name)
    shown = short if len(short) <= fits else short[: fits - 1] + "…" if fits > 3 else ""
    text = f'<text x="{left + 2:.1f}" y="{top + 12}">{escape(shown)}</text>' if shown else ""
    shape = f'x="{left:.1f}" y="{top}" width="{width:.2f}" height="{HEIGHT - 1}" fill="{_colour(name)}"'
    return f"<g><title>{escape(name)}, {share * 100:.2f} %</title><rect {shape}/>{text}</g>"


def _colour(name: str) -> str:
    """The same for all functions of a file, so that the parts of the program can be told apart."""
    hue = crc32(name.partition(":")[0].encode()) % 360
    return f"hsl({hue},65%,{72 + crc32(name.encode()) % 10}%)"
