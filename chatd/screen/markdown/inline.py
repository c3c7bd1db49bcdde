"""Spans of a paragraph: emphasis, code, links. The one place of the inline parser.

Links and images show their address behind their text, unless that is the address: a terminal has no other way to get
at it. What the parser makes of entities and addresses passes the sanitizer again, for it was not in the text before.
"""

from __future__ import annotations

import re
from copy import copy
from urllib.parse import quote

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from chatd.core.sanitize import is_plain, sanitize_line
from chatd.screen.markdown.classes import INLINE
from chatd.screen.markdown.styled import MarkdownLine, Span, StyledWrapper
from chatd.screen.markdown.units import Units

_SPECIAL = re.compile(r"[\\`*_~\[<&]|://")
_ADDRESS = re.compile(r"://[^\s<>\[\]`|\\]+")
_SCHEME = re.compile(r"(?<![A-Za-z0-9+.-])https?$")
_UNFIT = re.compile("[\x00-\x20\x7f-\xa0\u2028\u2029]")

_MATHS = frozenset("()[]{},;:")
"""What keeps its backslash: models write formulas, "\\(x\\)", far more often than they escape one of these."""

_OPENED = {"strong_open": "strong", "em_open": "emphasis", "s_open": "strikethrough", "link_open": "link"}
_CLOSED = {"strong_close": "strong", "em_close": "emphasis", "s_close": "strikethrough", "link_close": "link"}


class _Parser(MarkdownIt):
    """CommonMark's inline rules and `~~`; HTML is text, and an address without brackets is a link."""

    def __init__(self) -> None:
        super().__init__("commonmark", {"html": False})
        self.enable("strikethrough")
        self.inline.ruler.before("newline", "bare_address", _bare_address)

    def normalizeLink(self, url: str) -> str:  # noqa: N802 -- the library's name
        """Keep an address readable: only what no terminal may get is encoded."""
        return sanitize_line(_UNFIT.sub(lambda match: quote(match[0]), url))

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802 -- the library's name
        """Show an address as it was written."""
        return link


def _bare_address(state: StateInline, silent: bool) -> bool:
    """Take an address out of running text, without the punctuation that ends the sentence."""
    if state.src[state.pos] != ":" or state.linkLevel:
        return False
    match = _ADDRESS.match(state.src, state.pos, state.posMax)
    scheme = _SCHEME.search(state.src[max(0, state.pos - 6) : state.pos])
    if not match or not scheme:
        return False
    rest = match[0].rstrip("*_~.,;:!?'\"")
    while rest.endswith(")") and rest.count(")") > rest.count("("):
        rest = rest[:-1].rstrip("*_~.,;:!?'\"")
    if rest == "://"[: len(rest)] or not (silent or state.pending.endswith(scheme[0])):
        return False
    if not silent:
        state.pending = state.pending[: -len(scheme[0])]
        state.push("link_open", "a", 1).attrs = {"href": scheme[0] + rest}
        state.push("text", "", 0).content = scheme[0] + rest
        state.push("link_close", "a", -1)
    state.pos += len(rest)
    return True


_PARSER = _Parser()


def _parse(text: str) -> list[Token]:
    tokens: list[Token] = []
    _PARSER.inline.parse(text, _PARSER, {}, tokens)
    return tokens


class _Spans:
    """Turns markdown-it's inline tokens into styled spans."""

    def __init__(self, base: str) -> None:
        self.out: list[Span] = []
        self._base = base
        self._words: list[str] = []
        self._links: list[tuple[str, int]] = []  # address, and where its text begins in `out`

    def add(self, token: Token) -> None:
        if word := _OPENED.get(token.type):
            self._words.append(word)
            if word == "link":
                self._links.append((str(token.attrs.get("href", "")), len(self.out)))
        elif word := _CLOSED.get(token.type):
            self._words.remove(word)
            if word == "link":
                self._address(*self._links.pop())
        elif token.type == "code_inline":
            self._put(token.content, "code")
        elif token.type == "image":
            at = len(self.out)
            self._put(token.content, "link")
            self._address(str(token.attrs.get("src", "")), at)
        elif token.type in {"softbreak", "hardbreak"}:
            self._put("\n")
        elif token.type == "text_special" and token.info == "entity":
            known = is_plain(token.content) and token.content not in "\n\t"
            self._put(token.content if known else token.markup)
        elif token.type == "text_special" and token.content in _MATHS:
            self._put(token.markup)
        else:
            self._put(token.content)

    def _put(self, text: str, extra: str = "") -> None:
        if text:
            words = {*self._words, extra}
            self.out.append((text, " ".join([self._base, *[word for word in INLINE if word in words]]).strip()))

    def _address(self, url: str, start: int) -> None:
        shown = "".join([text for text, _ in self.out[start:]])
        if url in {shown, "mailto:" + shown, shown + "/", ""}:
            return
        if shown:
            self.out.append((" (", self._base))
        self.out.append((url, f"{self._base} link.url".strip()))
        if shown:
            self.out.append((")", self._base))


def parse(text: str, base: str = "") -> list[Span]:
    """Return the spans of one unit (see `Units`), LF where a line ends.

    Args:
        text: at most some thousand code points: the cost is not linear.
        base: a class that all of it has.
    """
    if not _SPECIAL.search(text):
        return [(text, base)] if text else []
    spans = _Spans(base)
    for token in _parse(text):
        spans.add(token)
    return spans.out


def parse_all(text: str, base: str = "") -> list[Span]:
    """Return the spans of a whole text of any length."""
    units = Units()
    return [span for unit in [*units.feed(text), units.rest] for span in parse(unit, base)]


class Flow:
    """A paragraph's text, parsed and wrapped while it grows.

    Args:
        columns: of a line.
        first, rest: what the first line and the others begin with.
        base: a class that all text has.
        lead: spans before the text which flow with it (a list's marker that has no place of its own).
    """

    def __init__(
        self, columns: int, first: MarkdownLine, rest: MarkdownLine, base: str = "", lead: MarkdownLine = ()
    ) -> None:
        self._base = base
        self._units = Units()
        self._wrapper = StyledWrapper(columns, first, rest)
        self._wrapper.feed(lead)

    def fork(self) -> Flow:
        """Return another one that goes on from here by itself."""
        other = copy(self)
        other._units = self._units.fork()
        other._wrapper = self._wrapper.fork()
        return other

    def feed(self, text: str) -> list[MarkdownLine]:
        """Add text; return the lines that this finished."""
        units = self._units.feed(text)
        if not units:
            return []
        return self._wrapper.feed([span for unit in units for span in parse(unit, self._base)])

    def close(self) -> list[MarkdownLine]:
        """Return the lines that were not finished: the paragraph is."""
        return [*self._wrapper.feed(parse(self._units.rest, self._base)), *self._wrapper.close()]

    def view(self) -> list[MarkdownLine]:
        """Return the lines that are not finished as they may be shown for now."""
        wrapper = self._wrapper.fork()
        return [*wrapper.feed(parse(self._units.guess, self._base)), *wrapper.close()]
