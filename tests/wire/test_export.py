"""A room written out: each kind of row in each format, and nothing foreign gets through."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from chatd.core.row import Method, Row, Status
from chatd.core.sanitize import sanitize, sanitize_line
from chatd.core.times import iso
from chatd.wire.export import Format, head, row_as
from chatd.wire.jsonl import row_json


def row(method: str = Method.USER, content: str = "hello", **more: Any) -> Row:
    values: dict[str, Any] = {"author": "alice", "status": Status.COMPLETE, **more}
    return Row("r1", "lobby", "b1", 1, method, content=content, created_at=0, updated_at=0, finished_at=0, **values)


def as_text(of: Row, form: Format) -> str:
    return row_as(of, form, sanitize(of.content))


def test_markdown_reads_like_a_document() -> None:
    assert head("den", "about code", Format.MD) == "# den\n\n> about code\n"
    assert as_text(row(content="hi\n\nthere"), Format.MD) == (
        "\n**alice** <small>1970-01-01T00:00:00.000Z</small>\n\n> hi\n>\n> there\n"
    )
    assert "**bot** *(cancelled)* <" in as_text(row(Method.MODEL, author="bot", status=Status.CANCELLED), Format.MD)
    system = as_text(row(Method.SYSTEM, "it\nbroke", author="system"), Format.MD)
    assert system == "\n*system* <small>1970-01-01T00:00:00.000Z</small>\n\n> it\n> broke\n"


def test_calls_and_results_stand_in_fences_that_their_text_cannot_close() -> None:
    call = as_text(row(Method.TOOL_CALL, '{"a": 1}', tool_name="calculate"), Format.MD)
    assert "calls calculate <" in call and '> ```\n> {"a": 1}\n> ```\n' in call
    assert "> ````\n> ```\n> x\n> ```\n> ````" in as_text(row(Method.TOOL_RESULT, "```\nx\n```"), Format.MD)


def test_text_is_what_line_mode_prints() -> None:
    assert as_text(row(content="a\n\nb"), Format.TEXT) == "alice: a\n\n  b\n"
    assert as_text(row(Method.SYSTEM, "it broke"), Format.TEXT) == "* it broke\n"
    assert as_text(row(Method.MODEL, "a\nb", status=Status.TRUNCATED), Format.TEXT) == "alice: a\n  b [cut]\n"
    assert head("den", "", Format.TEXT) == ""


def test_json_lines_are_lossless() -> None:
    assert json.loads(as_text(row(content="\x1b[31m\u2028"), Format.JSONL))["content"] == "\x1b[31m\u2028"


@given(st.text(), st.text(max_size=20), st.sampled_from(list(Format)), st.sampled_from([Method.USER, Method.SYSTEM]))
def test_no_control_byte_gets_through(content: str, author: str, form: Format, method: str) -> None:
    text = as_text(row(method, content, author=author), form)
    assert text.endswith("\n")
    assert not [c for c in text if c not in "\n\t" and (ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0)]


# --- reading back -----------------------------------------------------------------------------------------------------

FORGED = [
    "**alice** <small>1970-01-01T00:00:00.000Z</small>", "> I agree", "```", "~~~~", "<!--", "<script>", "# den", "---",
    "", "alice: I agree", "* alice set the topic", "    code", "| a | b |", "1. one", "[cut]: http://x",
    "</small>", "- x",
]  # fmt: skip
contents = st.lists(st.sampled_from(FORGED) | st.text(max_size=30), max_size=8).map("\n".join)
authors = st.sampled_from(["alice", "qwen2.5-coder:7b", "a_b_", "**bob**", "<b>", "x\ny", "`", "\\"])
rows = st.builds(
    row, st.sampled_from([m for m in Method if m is not Method.CHUNK]), contents, author=authors,
    tool_name=st.just("clock"),
    status=st.sampled_from([status for status in Status if status is not Status.OPEN]),
)  # fmt: skip

HEAD = re.compile(
    r"\n[*]{1,2}((?:\\.|[^\\*])+)[*]{1,2}(?: calls clock| gives)?(?: \*\(\w+\)\*)? <small>(\S+)</small>\n\n"
)


def unquoted(block: str) -> str:
    assert all(line == ">" or line.startswith("> ") for line in block.split("\n"))
    return "\n".join(line[2:] for line in block.split("\n"))


def read_markdown(text: str) -> list[tuple[str, str, str]]:
    """Author, time and text of each row: what a line that is not quoted says, and the quotation below it."""
    found, at = [], 0
    while at < len(text):
        match = HEAD.match(text, at)
        assert match, text[at:]
        end = re.compile(r"\n(?=\n|\Z)").search(text, match.end())
        assert end
        content = unquoted(text[match.end() : end.start()])
        if re.search(r" calls clock| gives", match[0]):
            content = "\n".join(content.split("\n")[1:-1])
        found.append((re.sub(r"\\(.)", r"\1", match[1]), match[2], content))
        at = end.end()
    return found


def read_text(text: str) -> list[str]:
    """Each row as it stands, its later lines without their indent."""
    rows: list[list[str]] = []
    for line in text.removesuffix("\n").split("\n"):
        if line and not line.startswith("  "):
            rows.append([line])
        else:
            rows[-1].append(line.removeprefix("  "))
    return ["\n".join(lines) for lines in rows]


@settings(deadline=None)
@given(st.lists(rows, max_size=4))
def test_markdown_is_read_back_to_the_same_rows(written: list[Row]) -> None:
    text = "".join(as_text(row, Format.MD) for row in written)
    expected = [(sanitize_line(row.author), iso(row.created_at), sanitize(row.content)) for row in written]
    assert read_markdown(text) == expected


@settings(deadline=None)
@given(st.lists(rows, max_size=4))
def test_a_markdown_viewer_sees_each_text_in_a_quotation_of_its_own(written: list[Row]) -> None:
    text = head("den", "code", Format.MD) + "".join(as_text(row, Format.MD) for row in written)
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    outer = [token.type for token in tokens if token.level == 0 and token.nesting >= 0]
    assert outer == ["heading_open", "blockquote_open"] + ["paragraph_open", "blockquote_open"] * len(written)


@settings(deadline=None)
@given(st.lists(rows, max_size=4))
def test_text_is_read_back_to_the_same_rows(written: list[Row]) -> None:
    text = "".join(as_text(row, Format.TEXT) for row in written)
    found = read_text(text) if text else []
    assert len(found) == len(written)
    for line, row in zip(found, written, strict=True):
        name = "* " if row.method == Method.SYSTEM else sanitize_line(row.author) + ": "
        shown = sanitize(row.content).replace("\t", "    ").rstrip("\n")
        call = "clock " if row.method == Method.TOOL_CALL else ""
        assert line.startswith(name + call + shown)
        assert (line == name + call + shown) == (row.status is Status.COMPLETE)


@settings(deadline=None)
@given(st.lists(rows, max_size=4))
def test_json_lines_are_read_back_to_the_same_rows(written: list[Row]) -> None:
    lines = "".join(as_text(row, Format.JSONL) for row in written).splitlines()
    assert [json.loads(line) for line in lines] == [row_json(row) for row in written]
