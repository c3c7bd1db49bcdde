"""Colours for code: lexers of pygments, run line by line. With `lexing` the place of `pygments`.

Code streams, so a lexer is run over each line once and its stack of states is carried to the next: what is coloured
stays as it is, the cost is linear whatever the lexer, and nothing flickers when the block ends. Patterns that would
match several lines at a stroke (most lexers' `/* */`) see only the first; so where one begins that would match if it
were closed, it is taken to go on until it is.

Only the languages listed here are known: hundreds of others are loaded for nobody, and some have patterns that take
exponential time. A lexer is loaded when the first block asks for it, unless that was done before (`load_lexers`).
"""

from __future__ import annotations

import re
from functools import cache

from pygments.lexer import Lexer
from pygments.lexers import find_lexer_class, get_all_lexers

from chatd.screen.markdown.classes import CODE_BLOCK
from chatd.screen.markdown.lexing import CLOSING_TAG, EMBEDDED, LexedLine
from chatd.screen.markdown.styled import Span

MAX_HIGHLIGHTED = 1 << 16
"""Code points coloured in one block: some 2,000 lines, which take about a third of a second; what follows is plain."""

MAX_LINE = 512
"""Code points of a line that is lexed: longer ones nobody wrote by hand, and patterns may be quadratic in them."""

MAX_STATES = 64
"""Nested states carried from line to line, the innermost ones: deeper than code that can be read."""

LANGUAGES = frozenset(
    {
        *("Bash", "Batchfile", "C", "C#", "C++", "Clojure", "CMake", "Common Lisp", "CSS", "CUDA", "Dart", "Diff"),
        *("Docker", "Elixir", "Erlang", "Fish", "Fortran", "F#", "GLSL", "Go", "GraphQL", "Groovy", "Haskell", "HTML"),
        *("INI", "Java", "JavaScript", "JSON", "JSX", "Julia", "Kotlin", "Lua", "Makefile", "Markdown", "Matlab"),
        *("Nginx configuration file", "Nix", "Objective-C", "OCaml", "Perl", "PHP", "PowerShell", "Properties"),
        *("Protocol Buffer", "Python", "Ruby", "Rust", "S", "Scala", "Scheme", "SCSS", "SQL", "Swift", "Terraform"),
        *("TeX", "TOML", "TSX", "TypeScript", "VimL", "Vue", "XML", "YAML", "Zig", "Sass", "Bash Session"),
    }
)
"""Names of lexers."""

_DEAR = ("Scala", "Julia", "Matlab", "Kotlin", "Python", "CSS", "SCSS", "TSX")

_ALIASES = {
    "jsonc": "JSON",
    "json5": "JSON",
    "svelte": "HTML",
    "pwsh": "PowerShell",
    "conf": "INI",
    "hcl": "Terraform",
    "postgresql": "SQL",
}
_LANGUAGE = re.compile(r"[{.\s]*([\w+#-]{1,40})")


@cache
def _names() -> dict[str, str]:
    known = {
        alias: name for name, aliases, *_ in get_all_lexers(plugins=False) if name in LANGUAGES for alias in aliases
    }
    return {**known, **_ALIASES}


@cache
def _lexer(name: str) -> Lexer:
    return find_lexer_class(name)()


def load_lexers() -> None:
    """Make all lexers ready, those first that take a tenth of a second each. Blocks, for a second in all: it is for a
    thread, so that nobody waits when the first block in a language comes. They take 13 MB.
    """
    for name in (*_DEAR, *sorted(LANGUAGES)):
        _lexer(name)


def language_of(info: str) -> str:
    """Return the known language that a fence's info string names, "" for none."""
    match = _LANGUAGE.match(info)
    return _names().get(match[1].lower(), "") if match else ""


class Highlighter:
    """Colours the lines of one block, in their order.

    Args:
        language: from `language_of`; "" colours nothing.
        limit: code points to colour.
    """

    def __init__(self, language: str, limit: int = MAX_HIGHLIGHTED) -> None:
        self._lexer = _lexer(language) if language else None
        self._left = limit
        self._stack: tuple[str, ...] = ("root",)
        self._embedded: Highlighter | None = None  # for lines of another language
        self._until: tuple[str, str] | None = None  # what ends a comment or string of several lines, and its class

    def line(self, text: str) -> list[Span]:
        """Return a line, without its LF, as spans."""
        self._left -= len(text) + 1
        return self._spans(text, keep=True)

    def peek(self, text: str) -> list[Span]:
        """Return the beginning of the next line as spans. What is no token yet is no error either."""
        return [(part, CODE_BLOCK if name == "code.error" else name) for part, name in self._spans(text, keep=False)]

    def _spans(self, text: str, *, keep: bool) -> list[Span]:
        if self._lexer is None or self._left < 0 or len(text) > MAX_LINE:
            return [(text, CODE_BLOCK)] if text else []
        if self._until is None and self._stack[-1] in EMBEDDED:
            closing = CLOSING_TAG.search(text)
            embedded = self._embedded_spans(text[: closing.start()] if closing else text, keep=keep)
            if closing is None:
                return embedded
            if keep:
                self._embedded = None
            return [*embedded, *self._run(text[closing.start() :], keep=keep)]
        return self._run(text, keep=keep)

    def _embedded_spans(self, text: str, *, keep: bool) -> list[Span]:
        inner = self._embedded or Highlighter(EMBEDDED[self._stack[-1]], max(0, self._left) + len(text) + 1)
        if not keep:
            return inner.peek(text)
        self._embedded = inner
        return inner.line(text)

    def _run(self, text: str, *, keep: bool) -> list[Span]:
        assert self._lexer is not None
        run = LexedLine(self._lexer, text + "\n", list(self._stack), self._until)
        try:
            spans = run.spans()
        except Exception:  # noqa: BLE001 -- lexers are many and have bugs; such a block is plain from here
            self._lexer = self._lexer if not keep else None
            return [(text, CODE_BLOCK)] if text else []
        if keep:
            stack = run.stack
            self._stack = tuple(stack if len(stack) <= MAX_STATES else [stack[0], *stack[1 - MAX_STATES :]])
            self._until = run.until
        return spans
