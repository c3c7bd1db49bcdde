"""The code of a document is read as it is written there, block by block, however the document comes in pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.screen.markdown.reader import CodeReader


def code_of(*pieces: str) -> str:
    found: list[str] = []
    reader = CodeReader(found.append)
    for piece in pieces:
        reader.feed(piece)
    reader.finish()
    return "".join(found)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("no code\n", ""),
        ("```py\na = 1\n\n  b\n```\nmore\n", "a = 1\n\n  b"),
        ("one\n```\na\n```\ntwo\n\n~~~\nb\n~~~\n", "a\n\nb"),
        ("> ```\n> quoted\n> ```\n\n- x\n\n  ```\n  listed\n  ```\n", "quoted\n\nlisted"),
        ("    only indented\n", ""),
        ("```\nnot closed", "not closed"),
        ("````\n```\n````\n", "```"),
    ],
)
def test_fenced_blocks_and_nothing_else_are_code(document: str, code: str) -> None:
    assert code_of(document) == code


LINES = st.lists(st.sampled_from(["```", "~~~", "```py", "a", "  b", "", "> c", "> ```", "- d"]), max_size=12)


@given(LINES, st.data())
def test_the_code_is_the_same_however_the_document_is_cut(lines: list[str], data: st.DataObject) -> None:
    document = "\n".join(lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(document)), max_size=5)))
    pieces = [document[start:end] for start, end in zip([0, *cuts], [*cuts, len(document)], strict=True)]
    assert code_of(*pieces) == code_of(document)
