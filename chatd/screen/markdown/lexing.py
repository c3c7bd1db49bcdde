"""A lexer of pygments over one line, with its states carried from the line before."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from pygments.lexer import DelegatingLexer, ExtendedRegexLexer, Lexer, LexerContext, RegexLexer
from pygments.token import Token

from chatd.screen.markdown.classes import CODE_BLOCK
from chatd.screen.markdown.styled import Span, line_of

MAX_STEPS = 16
"""Tokens for each character of a line, at most: a lexer that goes round without getting on is stopped."""

EMBEDDED = {"script-content": "JavaScript", "style-content": "CSS"}
"""States of lexers in which lines are another language's, until a closing tag."""

CLOSING_TAG = re.compile(r"<\s*/\s*(?:script|style)\s*>", re.IGNORECASE)

_STROKES = (
    *(
        ("/*", "*/"),
        ("<!--", "-->"),
        ("{-", "-}"),
        ("(*", "*)"),
        ("--[[", "]]"),
        ("[[", "]]"),
        ("<#", "#>"),
        ("#|", "|#"),
    ),
    *(('"""', '"""'), ("'''", "'''"), ("```", "```"), ("`", "`"), ("=begin", "\n=end"), ("#=", "=#"), ("%{", "%}")),
    ("<![CDATA[", "]]>"),
)
"""How comments and strings of several lines begin and end."""

_STROKE_BEGINS = frozenset(opening[0] for opening, _ in _STROKES)


_CLASSES = {
    Token.Keyword: "code.keyword",
    Token.Keyword.Type: "code.type",
    Token.Name: "code.name",
    Token.Name.Builtin: "code.builtin",
    Token.Name.Exception: "code.name.class",
    Token.Name.Function: "code.name.function",
    Token.Name.Class: "code.name.class",
    Token.Name.Namespace: "code.name.class",
    Token.Name.Decorator: "code.name.decorator",
    Token.Name.Attribute: "code.name.attribute",
    Token.Name.Tag: "code.name.tag",
    Token.Literal.String: "code.string",
    Token.Literal.Number: "code.number",
    Token.Literal: "code.string",
    Token.Operator: "code.operator",
    Token.Operator.Word: "code.keyword",
    Token.Punctuation: "code.punctuation",
    Token.Comment: "code.comment",
    Token.Comment.Preproc: "code.keyword",
    Token.Generic.Heading: "code.heading",
    Token.Generic.Subheading: "code.heading",
    Token.Generic.Inserted: "code.inserted",
    Token.Generic.Deleted: "code.deleted",
    Token.Generic.Prompt: "code.prompt",
    Token.Generic.Output: "code.output",
    Token.Error: "code.error",
}


@cache
def _class_of(kind: Any) -> str:
    while kind is not None:
        if kind in _CLASSES:
            return _CLASSES[kind]
        kind = kind.parent
    return CODE_BLOCK


class LexedLine:
    """One line through a lexer.

    Args:
        lexer: of pygments.
        text: the line with its LF.
        stack: the lexer's states, as the line before left them; left as this one leaves them.
        until: how a comment or string that began in an earlier line ends, and its class.
    """

    def __init__(self, lexer: Lexer, text: str, stack: list[str], until: tuple[str, str] | None) -> None:
        self.stack = stack
        self.until = until
        self._lexer = lexer
        self._text = text
        self._out: list[Span] = []

    def spans(self) -> list[Span]:
        """Run; raise whatever a lexer raises, and ValueError where it did not keep to the text."""
        at = self._go_on()
        text, lexer = self._text, self._lexer
        if at < len(text):
            if isinstance(lexer, ExtendedRegexLexer):
                self._extended(at)
            elif isinstance(lexer, RegexLexer) and not isinstance(lexer, DelegatingLexer):
                self._regex(at)
            else:
                self._put(lexer.get_tokens_unprocessed(text[at:]))
        if "".join([part for part, _ in self._out]) != text:
            raise ValueError("a lexer lost or changed text")
        return list(line_of([(part.rstrip("\n"), name) for part, name in self._out]))

    def _put(self, tokens: Any) -> None:
        self._out += [(value, _class_of(kind)) for _, kind, value in tokens if value]

    def _go_on(self) -> int:
        """Finish what an earlier line began; return where the lexer's part of the line begins."""
        if self.until is None:
            return 0
        closing, name = self.until
        at = 0 if closing[0] == "\n" and self._text.startswith(closing[1:]) else self._text.find(closing)
        if at < 0:
            self._out.append((self._text, name))
            return len(self._text)
        at += len(closing.lstrip("\n"))
        self._out.append((self._text[:at], name))
        self.until = None
        return at

    def _extended(self, at: int) -> None:
        try:
            context = LexerContext(self._text, at, stack=self.stack)
            self._put(self._lexer.get_tokens_unprocessed(context=context))
            self.stack = context.stack
        except AttributeError:  # it wants a context of its own kind (YAML): line by line, then
            self._out = []
            self._put(self._lexer.get_tokens_unprocessed(self._text))

    def _regex(self, at: int) -> None:
        """What `RegexLexer.get_tokens_unprocessed` does, with a stack that can be carried on."""
        text, states = self._text, self._lexer._tokens
        steps = MAX_STEPS * len(text)
        while at < len(text):
            steps -= 1
            if steps < 0:
                raise ValueError("a lexer does not get on")
            if self.stack[-1] in EMBEDDED and not CLOSING_TAG.search(text, at):
                self._out.append((text[at:], CODE_BLOCK))  # the next lines are another lexer's
                return
            if self._begins_stroke(at):
                return
            match, action, state = self._match(text, at)
            if match is None:
                if text[at] == "\n":
                    self.stack = ["root"]
                self._out.append((text[at], _class_of(Token.Text if text[at] == "\n" else Token.Error)))
                at += 1
                continue
            if action is not None:
                self._put([(at, action, match[0])] if type(action) is type(Token) else action(self._lexer, match))
            at = match.end()
            if state is not None:
                self._enter(state)
        assert self.stack[-1] in states

    def _match(self, text: str, at: int) -> tuple[Any, Any, Any]:
        for matcher, action, state in self._lexer._tokens[self.stack[-1]]:
            match = matcher(text, at)
            if match:
                return match, action, state
        return None, None, None

    def _begins_stroke(self, at: int) -> bool:
        """Tell whether a comment or string of several lines begins here: a pattern would match it if it were closed."""
        text = self._text
        if text[at] not in _STROKE_BEGINS:
            return False
        for opening, closing in _STROKES:
            if not text.startswith(opening, at) or text.find(closing, at + len(opening)) >= 0:
                continue
            rest = text[at:]
            closed = rest + closing.lstrip("\n")
            match, action, _ = self._match(closed, 0)
            if match and match.end() == len(closed) and action is not None:
                kind = action if type(action) is type(Token) else next(iter(action(self._lexer, match)))[1]
                if kind in Token.Comment or kind in Token.Literal.String:
                    self._out.append((rest, _class_of(kind)))
                    self.until = (closing, _class_of(kind))
                    return True
        return False

    def _enter(self, state: Any) -> None:
        if isinstance(state, int):
            del self.stack[max(1, len(self.stack) + state) if state < 0 else max(1, state) :]
            return
        for name in state if isinstance(state, tuple) else (state,):
            if name == "#pop":
                if len(self.stack) > 1:
                    self.stack.pop()
            else:
                self.stack.append(self.stack[-1] if name == "#push" else name)
