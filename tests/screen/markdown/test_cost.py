"""The cost of growing is linear: counted in characters that were parsed, lexed and laid out, not in seconds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from chatd.screen.markdown import MarkdownWrapper, document, highlight, inline, table
from chatd.screen.markdown.styled import StyledWrapper
from chatd.screen.markdown.units import MAX_MARKS, MAX_UNIT, Units

CODE = 'def f(x):\n    return "a" + x  # why\n'
SOURCES: dict[str, Callable[[int], str]] = {
    "prose": lambda n: "The **quick** `fox` sees [a](http://x.y/z) dog. " * (n // 48),
    "plain": lambda n: "word " * (n // 5),
    "one word": lambda n: "x" * n,
    "one word of wide characters": lambda n: "世" * n,
    "blanks": lambda n: " " * n,
    "stars": lambda n: "*" * n,
    "open stars": lambda n: "**a " * (n // 4),
    "brackets": lambda n: "[" * n,
    "backticks": lambda n: "`" * n,
    "unlike backticks": lambda n: "`a``b" * (n // 5),
    "backslashes": lambda n: "\\" * n,
    "angles": lambda n: "<" * n,
    "code": lambda n: "```py\n" + CODE * (n // len(CODE)),
    "a long line of code": lambda n: "```py\n" + "a+" * (n // 2),
    "comments that never end": lambda n: "```js\n" + ("/*" * 50 + "\n") * (n // 101),
    "list": lambda n: "- item **b**\n" * (n // 13),
    "table": lambda n: "|a|b|\n|-|-|\n" + "| one | `two` |\n" * (n // 16),
    "tables whose columns grow": lambda n: "".join(
        "|a|b|\n|-|-|\n" + "".join(f"| {'x' * i} | y |\n" for i in range(30)) + "\n" for _ in range(n // 750)
    ),
    "a row": lambda n: "|a" * (n // 2),
    "quotes within quotes": lambda n: ">" * n,
    "deep quotes": lambda n: (">" * 100 + "a\n") * (n // 102),
    "deep lists": lambda n: "".join(" " * (2 * (i % 50)) + "- a\n" for i in range(n // 54)),
    "hashes": lambda n: "# " + "#" * n,
    "dashes": lambda n: "- " * (n // 2),
    "headings found late": lambda n: "a\n=\n" * (n // 4),
}
PIECE = 4


class Work(Counter[str]):
    """Characters that each part of the machine was given."""

    def watch(self, patch: pytest.MonkeyPatch, where: Any, name: str, argument: int = 0) -> None:
        original = getattr(where, name)

        def counting(*args: Any, **kwargs: Any) -> Any:
            self[name] += 1 + len(args[argument])
            return original(*args, **kwargs)

        patch.setattr(where, name, counting)


def work(text: str, monkeypatch: pytest.MonkeyPatch) -> Work:
    with monkeypatch.context() as patch:
        done = Work()
        done.watch(patch, inline, "_parse")
        done.watch(patch, inline, "parse")
        done.watch(patch, highlight, "LexedLine", argument=1)
        done.watch(patch, document, "read_start")
        done.watch(patch, table, "wrap_spans")
        done.watch(patch, table.Table, "_dress", argument=1)
        done.watch(patch, StyledWrapper, "_paint", argument=1)
        wrapper = MarkdownWrapper(40)
        for at in range(0, len(text), PIECE):
            wrapper.feed(text[at : at + PIECE])
        wrapper.finish()
    return done


@pytest.mark.parametrize("name", SOURCES)
def test_twice_the_text_is_twice_the_work(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    small, large = (work(SOURCES[name](n), monkeypatch) for n in (3_072, 6_144))
    for part, done in large.items():
        assert done <= 2.3 * small[part] + 20_000, part  # quadratic work would be a million


@pytest.mark.parametrize("name", ["prose", "plain", "code", "list", "table"])
def test_ordinary_text_is_looked_at_a_few_times(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = SOURCES[name](6_000)
    assert max(work(text, monkeypatch).values()) <= 20 * len(text)


def test_finished_lines_are_never_touched_again() -> None:
    wrapper = MarkdownWrapper(40)
    wrapper.feed(SOURCES["code"](4_000))
    before = list(wrapper.lines)
    assert wrapper.feed("x") >= len(before) - 1
    assert all(old is new for old, new in zip(before[:-1], wrapper.lines, strict=False))


def test_blanks_beyond_the_edge_are_not_kept() -> None:
    """A growing paragraph is forked at each piece, so what it holds must be bounded."""
    wrapper = StyledWrapper(10)
    for _ in range(1_000):
        wrapper.feed([(" ", ""), ("  ", "code")])
    assert len(wrapper._source) <= 11
    assert wrapper.feed([("x", "strong")]) + wrapper.close() == [(), (("x", "strong"),)]


@pytest.mark.parametrize("mark", ["**a ", "[b", "<", r"\a", "`a``b", "_a*"])
def test_what_is_parsed_at_a_time_is_bounded(mark: str) -> None:
    """In length and in marks: the parser's cost is not linear in either."""
    units = Units().feed(mark * 3_000)
    assert "".join(units) == (mark * 3_000)[: sum(map(len, units))]
    for unit in units:
        assert len(unit) <= MAX_UNIT
        assert sum(map(unit.count, "*_[<\\")) <= MAX_MARKS + 2
