"""A flame graph shows each function below its caller, as wide as its share of the samples."""

from __future__ import annotations

import re
from xml.dom.minidom import parseString

from hypothesis import given
from hypothesis import strategies as st

from tests.bench.flame_graph import WIDTH, as_lines, folded, svg, tree

FRAMES = st.sampled_from(["a.py:main", "b.py:Class.run", "c<d>.py:f&g", "e.py:h;i"])


def test_stacks_are_counted_from_the_outside_in() -> None:
    stacks = folded([["in", "out"], ["in", "out"], ["out"]])
    assert as_lines(stacks) == "out 1\nout;in 2\n"
    assert tree(stacks).calls["out"].samples == 3 and tree(stacks).calls["out"].calls["in"].samples == 2


@given(st.lists(st.lists(FRAMES, min_size=1, max_size=5), max_size=20))
def test_a_drawing_can_be_read_and_its_outermost_frames_fill_its_width(stacks: list[list[str]]) -> None:
    drawing = parseString(svg(folded(stacks), "what & when"))
    outer = [one for one in drawing.getElementsByTagName("rect") if one.getAttribute("y") == "40"]
    assert abs(sum(float(one.getAttribute("width")) for one in outer) - (WIDTH if stacks else 0)) < 1


def test_a_frame_tells_its_share() -> None:
    text = svg(folded([["in", "out"], ["out"]]), "x")
    assert re.findall(r"<title>(.*?)</title>", text) == ["out, 100.00 %", "in, 50.00 %"]
