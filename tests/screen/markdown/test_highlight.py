"""Code is coloured line by line, and comes out as if it had been read as a whole."""

from __future__ import annotations

import pytest

from chatd.screen.markdown import highlight
from chatd.screen.markdown.highlight import LANGUAGES, MAX_LINE, Highlighter, _lexer, language_of, load_lexers
from chatd.screen.markdown.styled import Span
from tests.screen.markdown.support import lay_out, marked, plain


def coloured(language: str, code: str) -> list[list[Span]]:
    highlighter = Highlighter(language_of(language))
    return [highlighter.line(line) for line in code.split("\n")]


@pytest.mark.parametrize(
    ("info", "language"),
    [
        ("python", "Python"),
        ("py title=x.py", "Python"),
        ("{.python}", "Python"),
        ("JS", "JavaScript"),
        ("c++", "C++"),
        ("c#", "C#"),
        ("console", "Bash Session"),
        ("", ""),
        ("mermaid", ""),
        ("../../etc/passwd", ""),
    ],
)
def test_languages(info: str, language: str) -> None:
    assert language_of(info) == language


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_has_a_lexer_and_keeps_the_text(language: str) -> None:
    highlighter = Highlighter(language)
    for line in ('if (a) { b("c", 1); } // d', "", "  x: 'y' # z", "/* <a href=b>", "*/ \\ ` ${ é世"):
        assert "".join([text for text, _ in highlighter.line(line)]) == line


def test_python() -> None:
    [line] = coloured("python", "def f(): 'a' # b")
    assert marked([tuple(line[:4])]) == ["{code.keyword:def}{code.block: }{code.name.function:f}{code.punctuation:():}"]
    assert marked([tuple(line[4:])]) == ["{code.block: }{code.string:'a'}{code.block: }{code.comment:# b}"]


@pytest.mark.parametrize(
    ("language", "code", "name"),
    [
        ("python", '"""a\nb\nc"""', "code.string"),
        ("js", "/* a\nb\nc */", "code.comment"),
        ("js", "`a\nb\nc`", "code.string"),
        ("css", "/* a\nb\nc */", "code.comment"),
        ("html", "<!-- a\nb\nc -->", "code.comment"),
        ("sql", "/* a\nb\nc */", "code.comment"),
        ("go", "`a\nb\nc`", "code.string"),
        ("haskell", "{- a\nb\nc -}", "code.comment"),
        ("lua", "--[[ a\nb\nc ]]", "code.comment"),
        ("bash", "'a'\"b\nc\"", "code.string"),
    ],
)
def test_comments_and_strings_go_over_lines_and_end(language: str, code: str, name: str) -> None:
    *lines, after = coloured(language, code + "\nif")
    assert all(part == name for line in lines for _, part in line)
    assert after[0][1] != name


def test_a_string_that_holds_a_comments_beginning_begins_none() -> None:
    first, second = coloured("c", 'char *s = "/*";\nint x;')
    assert ("int", "code.type") in second
    assert not any(name == "code.comment" for _, name in first)


def test_scripts_within_html_are_coloured_as_what_they_are() -> None:
    lines = coloured("html", "<p>\n<script>\nlet x = 1;\n/* a\nb */\n</script>\n<b>")
    assert ("let", "code.keyword") in lines[2]
    assert lines[4] == [("b */", "code.comment")]
    assert ("script", "code.name.tag") in lines[5] and ("b", "code.name.tag") in lines[6]


def test_unknown_languages_long_lines_and_what_is_beyond_the_limit_are_plain() -> None:
    assert coloured("klingon", "def f") == [[("def f", "code.block")]]
    assert coloured("py", "'" + "x" * MAX_LINE) == [[("'" + "x" * MAX_LINE, "code.block")]]
    highlighter = Highlighter("Python", limit=10)
    assert highlighter.line("def")[0][1] == "code.keyword"
    assert highlighter.line("def f(x)")[0][1] == "code.block"


def test_a_lexer_that_raises_makes_the_block_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def get_tokens_unprocessed(self, text: str) -> list[object]:
            raise IndexError(text)

    monkeypatch.setattr(highlight, "_lexer", lambda name: Broken())
    assert coloured("py", "def f") == [[("def f", "code.block")]]


def test_a_line_being_written_is_coloured_and_has_no_errors_yet() -> None:
    highlighter = Highlighter("JSON")
    assert all(name != "code.error" for _, name in highlighter.peek('{"a'))
    assert plain(lay_out('```json\n{"a')) == ['{"a']


def test_every_lexer_can_be_loaded_before_it_is_needed() -> None:
    """A server does so on a thread: the dearest takes a quarter of a second."""
    load_lexers()
    assert _lexer.cache_info().currsize >= len(LANGUAGES)
    misses = _lexer.cache_info().misses
    for language in LANGUAGES:
        Highlighter(language).line("x = 1")
    assert _lexer.cache_info().misses == misses
