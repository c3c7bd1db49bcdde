"""Texts that are dear to look at, each for a reason of its own, in any size (code points)."""

from __future__ import annotations

from collections.abc import Callable

Shape = Callable[[int], str]


def repeated(unit: str, before: str = "") -> Shape:
    """The unit again and again."""
    return lambda size: (before + unit * (size // len(unit) + 1))[:size]


LANGUAGES = "python rust c++ php perl matlab latex sql html yaml markdown haskell ruby typescript fsharp julia"
IN_EVERY_LANGUAGE = "".join(f"```{name}\nx = 1 # /* ' \" \n```\n" for name in LANGUAGES.split())

SHAPES: dict[str, Shape] = {
    "words": repeated("word "),
    "one word": repeated("w"),
    "backticks": repeated("`"),
    "fences": repeated("```\nx\n"),
    "fences within fences": repeated("`" * 40 + "\n" + "`" * 39 + "\n"),
    "line feeds": repeated("\n"),
    "blanks": repeated(" "),
    "tabs": repeated("\t"),
    "marks": repeated("a\u0301"),
    "many marks": repeated("a" + "\u0301" * 60),
    "bidi": repeated("\u202e"),
    "escapes": repeated("\x1b[31m"),
    "joiners": repeated("a\u200d"),
    "families": repeated("👩‍👩‍👧é"),
    "flags": repeated("🇩🇪"),
    "ideographs": repeated("今天天气"),
    "devanagari": repeated("क्षत्रिय "),
    "one to eighteen": repeated("\ufdfa"),
    "brackets": repeated("[a]("),
    "open brackets": repeated("["),
    "emphasis": repeated("*a_"),
    "quotes": repeated("> "),
    "a table": repeated("|x|y|\n", "|a|b|\n|-|-|\n"),
    "a wide table": repeated("|x", "|a"),
    "lists": repeated("- a\n  - b\n    - c\n"),
    "numbers": repeated("1. "),
    "entities": repeated("&amp;"),
    "tags": repeated("<a "),
    "addresses": repeated("http://a.b/"),
    "mentions": repeated("@eliza "),
    "one line of code": repeated("x=1;", "```python\n"),
    "comment without end": repeated("/* a ", "```c\n"),
    "every language": lambda size: (IN_EVERY_LANGUAGE * (size // len(IN_EVERY_LANGUAGE) + 1))[:size],
    "forged rows": repeated("x\n\n**alice** said\n\n"),
    "json in json": repeated('{"a":['),
}  # fmt: skip
